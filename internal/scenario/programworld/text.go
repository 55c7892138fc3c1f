package programworld

import (
	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/traps"
)

// Members implements world.Text.
func (*World) Members() []string { return []string{"linux", "uprobe_events"} }

// KernelText: a program's kernel is no text, nor steps in place of it.
func (*World) KernelText() string { return "" }

// SetDirect does nothing.
func (*World) SetDirect(bool, func(string)) error { return nil }

// HiddenByMicroSteps: there is no text to hide.
func (*World) HiddenByMicroSteps() string { return "" }

// InKernelText implements world.Text.
func (*World) InKernelText(uint64) bool { return false }

// InKernelStack implements world.Text.
func (*World) InKernelStack(uint64) bool { return false }

// MicroStep: what the kernel does has no place.
func (*World) MicroStep(int) string { return "" }

// PlaceName: all work of the kernel has one place, which is no address.
func (w *World) PlaceName(at uint64) string {
	if at == linux.WorkPlace {
		return "a step of the kernel's work"
	}
	return w.Names.Addr(at)
}

// Owns implements world.Text.
func (*World) Owns(uint64) bool { return true }

// LineAt implements story.Image.
func (*World) LineAt(uint64) (traps.SourceLine, bool) { return traps.SourceLine{}, false }

// FrameOf implements story.Image: traps of programs push no frames.
func (*World) FrameOf(int, *emu.Delivery) (regs, end uint64, ok bool) { return 0, 0, false }
