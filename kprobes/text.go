package kprobes

import (
	"embed"
	"path"

	"trapline/emu"
	"trapline/traps"
)

//go:embed engines
var engineFiles embed.FS

// sources are what an engine's text is made of, behind what all kernels share:
// files of engines.
type sources struct {
	engine   string   // whose folder in engines it is
	assembly []string // NAME_i386.S and NAME_amd64.S of its folder
	c        []string
	traits   func(emu.Arch) traps.Traits
}

var engineSources = []sources{
	{engine: Engine2002, c: []string{"actions.c", "2002/kprobes.c"}, traits: traps2002},
	{engine: Engine2005, assembly: []string{"trampoline"}, traits: traps2005, c: []string{"actions.c", "hlist.h", "2005/kprobe.h", "copies.c",
		"2005/kprobes.c", "2005/multiprobe.c", "instances.c", "2005/kretprobe.c", "2005/traps.c"}},
	{engine: EngineModern, assembly: []string{"trampoline"}, traits: trapsModern, c: []string{"actions.c", "hlist.h", "modern/kprobe.h", "copies.c",
		"modern/kprobes.c", "modern/emulate.c", "modern/register.c", "instances.c", "modern/kretprobe.c", "modern/traps.c"}},
}

func engineFile(name string) traps.File {
	b, err := engineFiles.ReadFile("engines/" + name)
	if err != nil {
		panic(err)
	}
	return traps.File{Name: path.Base(name), Text: string(b)}
}

// text is the kernel's text of one architecture.
func (s *sources) text(a emu.Arch) traps.Text {
	var assembly, c []traps.File
	for _, f := range s.assembly {
		assembly = append(assembly, engineFile(s.engine+"/"+f+"_"+traps.ArchName(a)+".S"))
	}
	for _, f := range s.c {
		c = append(c, engineFile(f))
	}
	if s.engine == Engine2002 {
		c = append(c, traps.TrapCode())
	}
	t := traps.NewText(s.engine, a, s.traits(a).Config(), assembly, c)
	name := "engines/" + s.engine + "/" + traps.ArchName(a) + ".lst"
	t.Listing = "kprobes/" + name
	t.Read = func() ([]byte, error) { return engineFiles.ReadFile(name) }
	return t
}

// kernelText is the text of an engine's kernel; false: there is no such engine.
func kernelText(engine string, a emu.Arch) (traps.Text, bool) {
	if engine == EngineNone {
		return traps.StockText(a), true
	}
	for i := range engineSources {
		if engineSources[i].engine == engine {
			return engineSources[i].text(a), true
		}
	}
	return traps.Text{}, false
}

// KernelTexts lists every kernel. A test compiles each and compares; with
// -update it writes the listings anew.
func KernelTexts() []traps.Text {
	var l []traps.Text
	for _, engine := range Engines() {
		for _, a := range []emu.Arch{emu.I386, emu.AMD64} {
			t, _ := kernelText(engine, a)
			l = append(l, t)
		}
	}
	return l
}
