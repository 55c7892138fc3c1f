package traps

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"

	"trapline/emu"
	"trapline/emu/loader"
)

// The stock kernel's text, and the part of it that every engine's shares, as
// source (assembled by the tests and by go generate) and as listings (what
// runs, so that no assembler is needed).
var (
	//go:embed ktext/i386_entry.S
	entry32 string
	//go:embed ktext/i386_handlers.S
	handlers32 string
	//go:embed ktext/i386_tables.S
	tables32 string
	//go:embed ktext/amd64_entry.S
	entry64 string
	//go:embed ktext/amd64_handlers.S
	handlers64 string
	//go:embed ktext/amd64_tables.S
	tables64 string
	//go:embed ktext/i386_none.lst
	none32 []byte
	//go:embed ktext/amd64_none.lst
	none64 []byte
)

// EntrySource is the assembly source that a kernel of architecture a starts
// with. CONFIG_KPROBES, set before it, makes it call an engine's functions.
func EntrySource(a emu.Arch) string {
	if a == emu.AMD64 {
		return entry64 + handlers64 + tables64
	}
	return entry32 + handlers32 + tables32
}

// EntryCode is EntrySource without the trap handlers, for a kernel that has
// them in C: stubs, the way back, and the processor's tables.
func EntryCode(a emu.Arch) string {
	if a == emu.AMD64 {
		return entry64 + tables64
	}
	return entry32 + tables32
}

// StockImage is the kernel without any probe engine.
func StockImage(a emu.Arch) (*loader.Image, error) {
	if a == emu.AMD64 {
		return ReadText("stock kernel", none64)
	}
	return ReadText("stock kernel", none32)
}

// TextSum names what the steps of kernel code are made of: 16 hexadecimal digits
// of the SHA-256 of the text and its data or, in direct mode, of the flows.
func (k *Kernel) TextSum() string {
	if k.direct != nil {
		return k.direct.sum
	}
	sum := sha256.New()
	for i := range k.image.Segments {
		s := &k.image.Segments[i]
		fmt.Fprintf(sum, "%x %x\n", s.Addr, len(s.Data))
		sum.Write(s.Data)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// ReadText rebuilds kernel text from its embedded listing.
func ReadText(name string, listing []byte) (*loader.Image, error) {
	img, _, err := loader.ReadListing(listing)
	if err != nil {
		return nil, fmt.Errorf("%s: embedded listing: %w", name, err)
	}
	return img, nil
}
