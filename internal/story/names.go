package story

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/loader"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Names resolves addresses for people.
type Names struct {
	Arch    x86.Arch // the machine's; code may be of another width
	Syntax  Syntax
	Symbols loader.Symbols
	Image   Image // nil: nothing is known but the symbols

	frames [emu.MaxCPUs][]frame
}

// Image is the code that runs, as the world knows it that runs it.
type Image interface {
	// InKernelText tells whether an address is in the modelled kernel's text.
	InKernelText(addr uint64) bool
	// Breakpoint tells which probe's breakpoint is at an address, with the
	// bytes of the original instruction.
	Breakpoint(addr uint64) (name string, original []byte, ok bool)
	// LineAt is the line of C that kernel text at an address is of; false: of none.
	LineAt(addr uint64) (traps.SourceLine, bool)
	// FileLine is FILE:LINE of a program's code at an address, "" where that is not
	// known.
	FileLine(addr uint64) string
	// FrameOf is where a delivery's struct pt_regs begins and ends; false: it has
	// none.
	FrameOf(cpu int, d *emu.Delivery) (regs, end uint64, ok bool)
}

// NoImage is an Image of which nothing is known. Others embed it for what they do not know.
type NoImage struct{}

// InKernelText implements Image.
func (NoImage) InKernelText(uint64) bool { return false }

// Breakpoint implements Image.
func (NoImage) Breakpoint(uint64) (string, []byte, bool) { return "", nil, false }

// LineAt implements Image.
func (NoImage) LineAt(uint64) (traps.SourceLine, bool) { return traps.SourceLine{}, false }

// FileLine implements Image.
func (NoImage) FileLine(uint64) string { return "" }

// FrameOf implements Image.
func (NoImage) FrameOf(int, *emu.Delivery) (regs, end uint64, ok bool) { return 0, 0, false }

// image is what is known of the code.
func (n *Names) image() Image {
	if n.Image == nil {
		return NoImage{}
	}
	return n.Image
}

// frame is a trap frame that is still on a vCPU's stack.
type frame struct {
	regs uint64 // start of struct pt_regs
	end  uint64 // first address behind what was pushed
}

// maxFrames bounds the frames that are remembered: a recursion through the
// trap path (K13) has more than anybody wants named.
const maxFrames = 64

// Addr writes an address as symbol+offset or in hexadecimal.
func (n *Names) Addr(addr uint64) string { return n.Symbols.Format(addr) }

// place writes an address of data: a saved register of the innermost trap
// frame that holds it, a symbol, or the address at the full width of the step's code.
func (n *Names) place(ev *emu.Event, addr uint64) string {
	frames := n.frames[ev.CPU]
	for i := len(frames) - 1; i >= 0; i-- {
		f := frames[i]
		if name, ok := traps.PtRegsName(n.Arch, addr-f.regs); ok && addr < f.end {
			return "regs->" + name
		}
	}
	if _, _, ok := n.Symbols.At(addr); ok {
		return n.Addr(addr)
	}
	return fmt.Sprintf("0x%0*x", n.widthOf(&ev.Before, &ev.After).AddrDigits(), addr)
}

// code names v if it points into something that has a name.
func (n *Names) named(v uint64) string {
	if _, off, ok := n.Symbols.At(v); ok && v != 0 && off < 1<<12 {
		return n.Addr(v)
	}
	return ""
}

// Forget drops what was seen of trap frames: after going back in time.
func (n *Names) Forget() { n.frames = [emu.MaxCPUs][]frame{} }

// track follows the trap frames on each stack: a delivery makes one; it is
// gone when the stack pointer is above it.
func (n *Names) track(ev *emu.Event) {
	list := n.frames[ev.CPU]
	if d := ev.Delivery; d != nil && d.Shutdown == "" && len(d.Frame) > 0 {
		if regs, end, ok := n.image().FrameOf(ev.CPU, d); ok {
			if len(list) == maxFrames {
				list = append(list[:0], list[1:]...)
			}
			list = append(list, frame{regs, end})
		}
	} else {
		if ev.Insn.Attr().Has(insn.Iret) && len(list) > 0 {
			list = list[:len(list)-1]
		}
		sp := ev.After.GPR[x86.RSP]
		for len(list) > 0 && sp >= list[len(list)-1].end && sp-list[len(list)-1].end < traps.StackSize {
			list = list[:len(list)-1]
		}
	}
	n.frames[ev.CPU] = list
}
