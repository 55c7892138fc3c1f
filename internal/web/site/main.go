// Command site makes the static site of "make web": one page with the machine in
// it, for a web server or to be opened as a file.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"trapline/internal/web"
)

func main() {
	machine := flag.String("machine", "", "package internal/web/machine, compiled for js/wasm")
	exec := flag.String("exec", "", "wasm_exec.js of the Go that compiled it")
	out := flag.String("o", "", "the folder to write into")
	flag.Parse()
	if err := run(*machine, *exec, *out); err != nil {
		fmt.Fprintln(os.Stderr, "site:", err)
		os.Exit(1)
	}
}

func run(machine, exec, out string) error {
	code, err := os.ReadFile(machine)
	if err != nil {
		return err
	}
	packed, err := pack(code)
	if err != nil {
		return err
	}
	glue, err := os.ReadFile(exec)
	if err != nil {
		return err
	}
	page, err := web.Page(web.Parts{Title: "Trapline", Machine: packed, Exec: glue})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	name := filepath.Join(out, "index.html")
	if err := os.WriteFile(name, page, 0o644); err != nil {
		return err
	}
	all, err := pack(page)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, %d compressed\n", name, len(page), len(all))
	return nil
}

func pack(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(w, bytes.NewReader(data))
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}
