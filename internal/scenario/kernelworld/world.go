// Package kernelworld runs scenarios of kernel code: the modelled kernel with
// kprobes on it.
package kernelworld

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/scenario/world"
	"trapline/internal/traps"
)

// World is kernel code.
type World struct {
	*world.Shared
	Kernel *traps.Kernel
	Probes *kprobes.Manager
	Events *tracekprobe.Session // the event files; nil where there are no events
	// Segments are the code, data and regions of the file.
	Segments []props.Range

	lazy     map[uint64]lazyPage      // by linear page number
	original map[uint64]byte          // first byte of each probed instruction
	stacks   [emu.MaxCPUs]props.Range // of ring 3 tasks
}

var _ world.World = (*World)(nil)

// AddParts does nothing: all that changes is the kernel's and the probes'.
func (*World) AddParts() {}

// Close frees the machine.
func (w *World) Close() { w.Machine.Close() }

// Able implements world.Steps.
func (w *World) Able(cpu int) bool { return w.Machine.CPUs[cpu].CanStep() }

// OutOfKernel is always so: all of the kernel's work has text.
func (*World) OutOfKernel(int, *emu.Event) bool { return true }

// Observe implements world.Steps.
func (w *World) Observe(ev *emu.Event) { w.Probes.Observe(ev) }

// Ending tells how each task ended.
func (w *World) Ending() (string, bool) {
	s := ""
	for i := range taskCPUs(w.File) {
		if s != "" {
			s += "; "
		}
		s += fmt.Sprintf("cpu%d: %s", i, w.outcome(i))
	}
	return s, false
}

// outcome is how the task of a vCPU ended.
func (w *World) outcome(cpu int) string {
	c := w.Machine.CPUs[cpu]
	switch {
	case c.Shutdown != "":
		return c.Shutdown
	case c.Halted:
		return "halted"
	}
	return "running"
}

// taskCPUs yields the vCPUs that have work.
func taskCPUs(f *format.File) func(func(int) bool) {
	return func(yield func(int) bool) {
		if f.Program != nil && len(f.Tasks) == 0 {
			yield(0)
			return
		}
		for _, t := range f.Tasks {
			if !yield(t.CPU) {
				return
			}
		}
	}
}

// AboutCPU implements world.Judged.
func (w *World) AboutCPU(d emu.Door, function string, n int) uint64 {
	switch function {
	case "signals":
		return w.Kernel.Signals(d, n)
	case "preempt_count":
		return w.Kernel.PreemptCount(d, n)
	case "need_resched":
		return emu.B2U(w.Kernel.NeedResched(d, n))
	}
	return emu.B2U(d.Register(n, emu.RegisterAble) == 0)
}

// Mode implements world.Judged.
func (w *World) Mode(cpu int) insn.Mode {
	return emu.CodeMode(&w.Machine.CPUs[cpu].Core, w.Machine.Arch)
}

// Peek implements world.Judged.
func (*World) Peek(d emu.Door, cpu int, addr uint64, b []byte) int { return d.Peek(cpu, addr, b) }

// PeekFile: memory is loaded whole.
func (*World) PeekFile(uint64, []byte) int { return 0 }

// Act carries out the actions map, which makes a lazy page present, and skip.
func (w *World) Act(h *world.Hit, a *format.Action) {
	switch a.Kind {
	case "map":
		w.mapFaulted(h)
	case "skip":
		h.Regs.Set(traps.FieldIP, h.Addr+uint64(w.originalLen(h.Door, h.Addr)))
	}
}

// mapFaulted makes the lazy page of CR2 present, as a handler that fixes a
// fault by itself would.
func (w *World) mapFaulted(h *world.Hit) {
	cr2 := h.CPU.Sys.CR2
	page, ok := w.lazy[cr2/emu.PageSize]
	if !ok {
		h.Log(fmt.Sprintf("map: no lazy page covers %#x", cr2))
		return
	}
	if _, there := h.Door.Entry(h.CPU.ID, cr2); there {
		return
	}
	if err := h.CPU.Space.Map(cr2&^(emu.PageSize-1), page.frame, 1, page.prot); err != nil {
		h.Log(fmt.Sprintf("map: %v", err))
	}
}
