package world

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"trapline/internal/asm"
	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Where text.S is put unless the file gives a base: kernel code behind the
// modelled kernel, code for ring 3 where programs are by custom.
const (
	userBase32 = 0x08048000
	userBase64 = 0x00400000
)

// Where the text.S of a Linux program is linked: behind the page that a
// linked file's headers would be in.
const (
	linuxBase32 = 0x08049000
	linuxBase64 = 0x00401000
)

// ArchOf is the width of a scenario's code, by which its expressions name registers.
func ArchOf(f *format.File) x86.Arch { return archNamed(f.Machine.Arch) }

// KernelArch is the width of the kernel, and so of the machine.
func KernelArch(f *format.File) x86.Arch { return archNamed(cmp.Or(f.Machine.Kernel, f.Machine.Arch)) }

func archNamed(name string) x86.Arch {
	a, _ := x86.ParseArch(name) // package format has checked it
	return a
}

// LevelOf is what the machine's processor shows in CPUID.
func LevelOf(f *format.File) emu.Level {
	l, err := emu.ParseLevel(f.Machine.CPUID)
	if err != nil {
		return emu.DefaultLevel // a file that was not parsed
	}
	return l
}

// VendorOf is whose processor the machine has.
func VendorOf(f *format.File) emu.Vendor {
	if f.Machine.Vendor == emu.Intel.String() {
		return emu.Intel
	}
	return emu.AMD
}

// runsInUserMode reports whether any task starts in ring 3.
func runsInUserMode(f *format.File) bool {
	for _, t := range f.Tasks {
		if t.Ring == 3 {
			return true
		}
	}
	return false
}

// baseOf is the address of text.S.
func baseOf(f *format.File) (uint64, error) {
	a := ArchOf(f)
	switch {
	case f.Machine.Base != nil:
		v, err := EvalAt(f, *f.Machine.Base, Symbols{})
		if err == nil && v%emu.PageSize != 0 {
			return 0, f.Machine.Base.Pos.Error(f.Name, "a multiple of 4096", "base address %#x", v)
		}
		return v, err
	case f.World() == engines.Program && a == x86.AMD64:
		return linuxBase64, nil
	case f.World() == engines.Program:
		return linuxBase32, nil
	case runsInUserMode(f) && a == x86.AMD64:
		return userBase64, nil
	case runsInUserMode(f):
		return userBase32, nil
	}
	return traps.LayoutOf(a).KernelEnd, nil
}

// Assemble makes the image of text.S with GNU as, and its listing. Flaws of
// the source are an *asm.Error whose lines are the scenario file's.
func Assemble(ctx context.Context, f *format.File) (*loader.Image, []byte, error) {
	base, err := baseOf(f)
	if err != nil {
		return nil, nil, err
	}
	img, err := asm.Assemble(ctx, asm.Source{
		Name: f.Name, Text: sourceText(f), FirstLine: f.Source.Line, Arch: ArchOf(f), Base: base,
	})
	if err != nil {
		return nil, nil, err
	}
	listing, err := loader.WriteListing(img, sourceText(f))
	return img, listing, err
}

// sourceText is text.S with the regions' names defined behind it, so that code
// can use them; a region whose place depends on the code has none there.
func sourceText(f *format.File) string {
	text := f.Source.Text
	for i := range f.Memory {
		if addr, err := EvalAt(f, f.Memory[i].At, Symbols{}); err == nil {
			text += fmt.Sprintf("\t.set %s, %#x\n", f.Memory[i].Name, addr)
		}
	}
	return text
}

// Image gives the code of a scenario: its listing, its source assembled, or its ELF
// file, which the machine loads statically or with an interpreter.
func (c *Config) Image(ctx context.Context, interpreter bool) (*loader.Image, error) {
	f := c.File
	switch {
	case f.Program != nil:
		return c.programImage(interpreter)
	case f.Listing == nil:
		img, _, err := Assemble(ctx, f)
		return img, err
	}
	img, hash, err := loader.ReadListing([]byte(f.Listing.Text))
	var flaw *loader.ListingError
	if errors.As(err, &flaw) {
		p := format.Pos{Line: f.Listing.Line + flaw.Line - 1, Col: flaw.Col}
		return nil, p.Error(f.Name, "a listing as trapline check --write makes it", "text.lst: %s", flaw.Msg)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: text.lst: %w", f.Name, err)
	}
	base, err := baseOf(f)
	if err != nil {
		return nil, err
	}
	at := f.MemberPos("text.lst")
	const fresh = "a fresh one: trapline check --write %s"
	switch {
	case hash != loader.HashSource(sourceText(f)):
		return nil, at.Error(f.Name, fmt.Sprintf(fresh, f.Name), "text.lst is stale: text.S has changed since")
	case img.Arch != ArchOf(f) || len(img.Segments) == 0 || img.Segments[0].Addr != base:
		return nil, at.Error(f.Name, fmt.Sprintf(fresh, f.Name), "text.lst is stale: it is for another architecture or base address")
	}
	return img, nil
}

func (c *Config) programImage(interpreter bool) (*loader.Image, error) {
	f := c.File
	data, err := c.ReadFile(f.Program.Path)
	if err != nil {
		return nil, f.Program.Pos.Error(f.Name, "a readable ELF file", "%v", err)
	}
	kind := "a statically linked ELF program for "
	if interpreter {
		kind = "an ELF program for "
	}
	img, err := loader.ReadELF(data, loader.Options{Interpreter: interpreter})
	if err != nil {
		return nil, f.Program.Pos.Error(f.Name, kind+f.Machine.Arch, "%s: %v", f.Program.Path, err)
	}
	if img.Arch != ArchOf(f) {
		return nil, f.Program.Pos.Error(f.Name, "arch "+img.Arch.String()+" in machine", "%s is for %s, the machine is %s",
			f.Program.Path, img.Arch, f.Machine.Arch)
	}
	return img, nil
}
