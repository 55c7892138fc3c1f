package kprobes

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"trapline/emu"
	"trapline/emu/loader"
	"trapline/traps"
)

// cText is an engine's kernel text in C: its own trap handlers and probes,
// behind entry code in assembly.
type cText struct {
	folder string // in engines
	files  []string
	traits traps.Traits
}

//go:embed engines
var engineFiles embed.FS

var cText2002 = cText{folder: "2002", files: []string{"kernel.h", "kprobes.c", "traps.c"}, traits: traps2002}

func (t cText) file(name string) string {
	b, err := engineFiles.ReadFile("engines/" + t.folder + "/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// assembly is the part of the source that is assembled.
func (t cText) assembly(a emu.Arch) (string, []loader.SourceFile) {
	var parts joined
	name := archName(a)
	parts.add("config", t.traits.Config()+".set TEXT_IN_C,1\n")
	parts.add(name+"_entry.S", traps.EntryCode(a))
	parts.add("actions_"+name+".S", t.file("actions_"+name+".S"))
	return parts.text.String(), parts.files
}

// c is the part that is compiled, behind so many lines of assembly.
func (t cText) c(behind int) (string, []loader.SourceFile) {
	parts := joined{lines: behind}
	for _, name := range t.files {
		parts.add(name, t.file(name))
	}
	return parts.text.String(), parts.files
}

// joined is a source text put together of files.
type joined struct {
	text  strings.Builder
	files []loader.SourceFile
	lines int
}

func (j *joined) add(name, text string) {
	j.files = append(j.files, loader.SourceFile{Name: name, Line: j.lines + 1})
	j.text.WriteString(text)
	j.lines += strings.Count(text, "\n")
}

func archName(a emu.Arch) string {
	if a == emu.AMD64 {
		return "amd64"
	}
	return "i386"
}

// kernel describes the text of one architecture.
func (t cText) kernel(a emu.Arch) KernelText {
	assembly, files := t.assembly(a)
	c, more := t.c(strings.Count(assembly, "\n"))
	name := fmt.Sprintf("engines/%s/%s.lst", t.folder, archName(a))
	return KernelText{
		Engine: t.folder, Arch: a, Listing: "kprobes/" + name, Source: assembly + c, Assembly: assembly, C: c, Files: append(files, more...),
		Image: func() (*loader.Image, error) {
			b, err := engineFiles.ReadFile(name)
			if err != nil {
				return nil, err
			}
			return traps.ReadText("engine "+t.folder, b)
		},
	}
}

// booted is what machines share of a kernel's text.
type booted struct {
	image  *loader.Image
	source []string
	places []traps.Place
	pieces []uint32
	err    error
}

var bootedTexts sync.Map // by listing's name: func() booted

// boot reads the text, once a process.
func (t *KernelText) boot() booted {
	once, _ := bootedTexts.LoadOrStore(t.Listing, sync.OnceValue(func() booted {
		var b booted
		if b.image, b.err = t.Image(); b.err == nil && t.C != "" {
			b.source = strings.Split(t.Source, "\n")
			b.places, b.err = traps.ReadPlaces(b.image, b.source)
			b.pieces = traps.Pieces(b.image)
		}
		return b
	}))
	return once.(func() booted)()
}
