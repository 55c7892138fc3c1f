package kernelworld

import (
	"cmp"
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/kprobes/props"
	"trapline/internal/traps"
)

// Members are those that a scenario of kernel code need not have. All others are
// in every checksum, empty or not.
func (w *World) Members() []string {
	var list []string
	for _, name := range []string{"modules", "kprobe_events"} {
		if w.File.Member(name) != nil {
			list = append(list, name)
		}
	}
	return list
}

// KernelText implements world.Text.
func (w *World) KernelText() string { return w.Kernel.TextSum() }

// SetDirect implements world.Text.
func (w *World) SetDirect(on bool, hidden func(string)) error {
	err := w.Kernel.SetDirect(on)
	if err == nil && hidden != nil {
		w.Kernel.OnHidden(hidden)
	}
	return err
}

// HiddenByMicroSteps implements world.Text.
func (w *World) HiddenByMicroSteps() string {
	for _, p := range w.Probes.Probes() {
		if w.Kernel.InText(p.Addr) {
			return fmt.Sprintf("probe %s lies on kernel text", p.Name)
		}
	}
	return ""
}

// InKernelText implements story.Image.
func (w *World) InKernelText(addr uint64) bool { return w.Kernel.InText(addr) }

// InKernelStack implements world.Text.
func (w *World) InKernelStack(addr uint64) bool { return w.Kernel.InStacks(addr) }

// MicroStep implements world.Text.
func (w *World) MicroStep(cpu int) string {
	return w.Kernel.PlaceName(w.Kernel.Place(w.Machine.CPUs[cpu]))
}

// PlaceName implements world.Text.
func (w *World) PlaceName(at uint64) string {
	at = w.Kernel.CodeAt(at)
	if line, ok := w.Kernel.LineAt(at); ok {
		return fmt.Sprintf("%s:%d", line.Func, line.Line)
	}
	return cmp.Or(w.Kernel.PlaceName(at), w.Names.Addr(at))
}

// Owns implements world.Text.
func (w *World) Owns(pc uint64) bool {
	return len(w.Segments) == 0 || slices.ContainsFunc(w.Segments, func(s props.Range) bool { return pc >= s.Low && pc < s.High })
}

// LineAt implements story.Image.
func (w *World) LineAt(addr uint64) (traps.SourceLine, bool) { return w.Kernel.LineAt(addr) }

// FrameOf implements story.Image.
func (w *World) FrameOf(cpu int, d *emu.Delivery) (regs, end uint64, ok bool) {
	return w.Kernel.FrameOf(cpu, d)
}

// FileLine implements story.Image: kernel code has no debug information.
func (*World) FileLine(uint64) string { return "" }
