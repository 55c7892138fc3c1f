// Package web is the page in the browser: its files, and how they become one page
// that needs no network, live with the machine in it (package internal/web/machine), or
// recorded with the moments of a walk (package internal/tui/export).
package web

import (
	"bytes"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"path"
	"strings"
)

//go:embed ui
var files embed.FS

// Parts are what a page is made of beside its files: Data, or Machine with Exec.
type Parts struct {
	Title   string
	Data    []byte // JSON in gzip, of a recorded page: see recordedMachine in ui/machine.js
	Machine []byte // the machine, compiled for js/wasm, in gzip
	Exec    []byte // Go's wasm_exec.js of the same version
}

// openingMark is where a live page is told what to open: see Opening.
const openingMark = `<script type="application/json" id="opening"></script>`

// ErrNotLive is returned for a page that is not one of "make web".
var ErrNotLive = errors.New("not a page with the machine in it: make web makes bin/web/index.html")

// Opening is a live page that opens what a request says, instead of the first
// lesson; request is JSON as encoding/json writes it.
func Opening(page, request []byte) ([]byte, error) {
	if !bytes.Contains(page, []byte(openingMark)) {
		return nil, ErrNotLive
	}
	told := strings.Replace(openingMark, "></", ">"+string(request)+"</", 1)
	return bytes.Replace(page, []byte(openingMark), []byte(told), 1), nil
}

// Page makes a page.
func Page(p Parts) ([]byte, error) {
	read := func(name string) string {
		data, _ := files.ReadFile("ui/" + name) // embedded
		return string(data)
	}
	modules, err := importMap()
	if err != nil {
		return nil, err
	}
	var parts strings.Builder
	fmt.Fprintf(&parts, "<script type=\"importmap\">%s</script>\n", modules)
	if p.Data != nil {
		fmt.Fprintf(&parts, "<script type=\"text/plain\" id=\"data\">%s</script>\n", base64.StdEncoding.EncodeToString(p.Data))
	} else {
		fmt.Fprintln(&parts, openingMark)
		fmt.Fprintf(&parts, "<script type=\"text/plain\" id=\"worker\">%s\n%s</script>\n", p.Exec, read("worker.js"))
		fmt.Fprintf(&parts, "<script type=\"text/plain\" id=\"wasm\">%s</script>\n", base64.StdEncoding.EncodeToString(p.Machine))
	}
	page := []byte(read("index.html"))
	for _, x := range [][2]string{{"{{TITLE}}", html.EscapeString(p.Title)}, {"{{STYLE}}", read("style.css")}, {"{{PARTS}}", parts.String()}} {
		page = bytes.ReplaceAll(page, []byte(x[0]), []byte(x[1]))
	}
	return page, nil
}

// importMap names the modules: a page opened as a file cannot load others, so
// each is in the page as an address of its own. Modules name each other
// "trapline/NAME".
func importMap() ([]byte, error) {
	names, err := fs.Glob(files, "ui/*.js")
	if err != nil {
		return nil, err
	}
	imports := map[string]string{}
	for _, n := range names {
		data, err := files.ReadFile(n)
		if err != nil {
			return nil, err
		}
		imports["trapline/"+strings.TrimSuffix(path.Base(n), ".js")] = "data:text/javascript;base64," + base64.StdEncoding.EncodeToString(data)
	}
	return json.Marshal(map[string]any{"imports": imports})
}
