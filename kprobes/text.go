package kprobes

import (
	_ "embed"
	"fmt"

	"trapline/emu"
	"trapline/emu/loader"
	"trapline/traps"
)

// Assembly sources of the engines' kernel functions, and the listings of
// whole kernels that run.
var (
	//go:embed ktext/i386_2002.S
	source2002x32 string
	//go:embed ktext/amd64_2002.S
	source2002x64 string
	//go:embed ktext/i386_2002.lst
	listing2002x32 []byte
	//go:embed ktext/amd64_2002.lst
	listing2002x64 []byte
)

// KernelText is one kernel as it is built: which source makes which listing.
type KernelText struct {
	Engine  string
	Arch    emu.Arch
	Listing string // file, relative to the module's root
	Source  string // whole assembly source
	Image   func() (*loader.Image, error)
}

// KernelTexts lists every kernel. A test assembles each and compares; with
// -update it writes the listings anew.
func KernelTexts() []KernelText {
	var l []KernelText
	for _, a := range []emu.Arch{emu.I386, emu.AMD64} {
		file := "i386"
		if a == emu.AMD64 {
			file = "amd64"
		}
		l = append(l,
			KernelText{EngineNone, a, fmt.Sprintf("traps/ktext/%s_none.lst", file), traps.EntrySource(a),
				func() (*loader.Image, error) { return traps.StockImage(a) }},
			KernelText{Engine2002, a, fmt.Sprintf("kprobes/ktext/%s_2002.lst", file), source2002(a),
				func() (*loader.Image, error) { return traps.ReadText("engine 2002", listing2002(a)) }},
		)
	}
	return l
}

func source2002(a emu.Arch) string {
	s := source2002x32
	if a == emu.AMD64 {
		s = source2002x64
	}
	return configKprobes + config2002 + traps.EntrySource(a) + s
}

func listing2002(a emu.Arch) []byte {
	if a == emu.AMD64 {
		return listing2002x64
	}
	return listing2002x32
}

const (
	configKprobes = ".set CONFIG_KPROBES,1\n"
	config2002    = ".set KPROBES_2002,1\n"
)
