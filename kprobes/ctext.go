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
	engine   string   // whose folder in engines it is
	assembly []string // files of the folder beside the entry code, by architecture: NAME_i386.S
	files    []string // behind those that all engines share
	traits   func(emu.Arch) traps.Traits
}

//go:embed engines
var engineFiles embed.FS

var (
	cText2002 = cText{engine: Engine2002, files: []string{"kprobes.c", "traps.c"}, traits: traps2002}
	cText2005 = cText{
		engine: Engine2005, assembly: []string{"trampoline"}, traits: traps2005,
		files: []string{"kprobes.c", "multiprobe.c", "kretprobe.c", "traps.c"},
	}
)

// sharedFiles of C come first in every engine's text.
var sharedFiles = []string{"kernel.h", "stock.c"}

func engineFile(name string) string {
	b, err := engineFiles.ReadFile("engines/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// assembled is the part of the source that is assembled.
func (t cText) assembled(a emu.Arch) (string, []loader.SourceFile) {
	var parts joined
	name := archName(a)
	parts.add("config", t.traits(a).Config()+".set TEXT_IN_C,1\n")
	parts.add(name+"_entry.S", traps.EntryCode(a))
	parts.add("actions_"+name+".S", engineFile("actions_"+name+".S"))
	for _, f := range t.assembly {
		parts.add(f+"_"+name+".S", engineFile(t.engine+"/"+f+"_"+name+".S"))
	}
	return parts.text.String(), parts.files
}

// compiled is the part that is compiled, behind so many lines of assembly.
func (t cText) compiled(behind int) (string, []loader.SourceFile) {
	parts := joined{lines: behind}
	for _, name := range sharedFiles {
		parts.add(name, engineFile(name))
	}
	for _, name := range t.files {
		parts.add(name, engineFile(t.engine+"/"+name))
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
	assembly, files := t.assembled(a)
	c, more := t.compiled(strings.Count(assembly, "\n"))
	name := fmt.Sprintf("engines/%s/%s.lst", t.engine, archName(a))
	return KernelText{
		Engine: t.engine, Arch: a, Listing: "kprobes/" + name, Source: assembly + c, Assembly: assembly, C: c, Files: append(files, more...),
		Image: func() (*loader.Image, error) {
			b, err := engineFiles.ReadFile(name)
			if err != nil {
				return nil, err
			}
			return traps.ReadText("engine "+t.engine, b)
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
