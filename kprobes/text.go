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
	//go:embed ktext/i386_kretprobe.S
	sourceKretprobeX32 string
	//go:embed ktext/amd64_kretprobe.S
	sourceKretprobeX64 string
	//go:embed ktext/i386_modern.S
	sourceModernX32 string
	//go:embed ktext/amd64_modern.S
	sourceModernX64 string
	//go:embed ktext/i386_modern.lst
	listingModernX32 []byte
	//go:embed ktext/amd64_modern.lst
	listingModernX64 []byte
)

// KernelText is one kernel as it is built: which source makes which listing.
type KernelText struct {
	Engine  string
	Arch    emu.Arch
	Listing string // file, relative to the module's root
	Source  string // the whole
	// A text in C is assembly with C behind it.
	Assembly, C string
	Files       []loader.SourceFile // of Source; nil: one
	Image       func() (*loader.Image, error)
}

// KernelTexts lists every kernel. A test assembles each and compares; with
// -update it writes the listings anew.
func KernelTexts() []KernelText {
	return []KernelText{
		stockText(emu.I386, "i386"), stockText(emu.AMD64, "amd64"),
		cText2002.kernel(emu.I386), cText2002.kernel(emu.AMD64),
		cText2005.kernel(emu.I386), cText2005.kernel(emu.AMD64),
		engineText(EngineModern, emu.I386, "i386", trapsModern(emu.I386), sourceModernX32+sourceKretprobeX32, listingModernX32),
		engineText(EngineModern, emu.AMD64, "amd64", trapsModern(emu.AMD64), sourceModernX64+sourceKretprobeX64, listingModernX64),
	}
}

func stockText(a emu.Arch, name string) KernelText {
	return KernelText{
		Engine: EngineNone, Arch: a, Listing: fmt.Sprintf("traps/ktext/%s_none.lst", name), Source: traps.EntrySource(a),
		Image: func() (*loader.Image, error) { return traps.StockImage(a) },
	}
}

// engineText is the shared entry code with an engine's own behind it.
func engineText(engine string, a emu.Arch, name string, t traps.Traits, source string, listing []byte) KernelText {
	return KernelText{
		Engine: engine, Arch: a,
		Listing: fmt.Sprintf("kprobes/ktext/%s_%s.lst", name, engine),
		Source:  t.Config() + traps.EntrySource(a) + source,
		Image:   func() (*loader.Image, error) { return traps.ReadText("engine "+engine, listing) },
	}
}
