package kernelworld

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/kprobes/props"
)

// End is how the tasks ended, and all of the scenario's memory but the dead
// stack below the stack pointer (S4).
func (w *World) End() *props.End {
	return props.KernelEnd(w.Probes, &props.Scope{
		CPUs: slices.Collect(taskCPUs(w.File)), Memory: w.areas(), Operates: w.operates, Read: w.read,
	})
}

// KeepEnds does nothing: all that counts is there at the end.
func (*World) KeepEnds() {}

// ThreadCount is 0: a task never leaves its vCPU.
func (*World) ThreadCount() int { return 0 }

// OneOrder reports whether one vCPU alone has work, and no interrupt comes at
// a time that the schedule chooses.
func (w *World) OneOrder(int) bool {
	free := slices.ContainsFunc(w.File.Interrupts, func(i format.Interrupt) bool { return i.At == nil })
	return len(w.File.Tasks) < 2 && !free
}

// operates reports whether the task of a vCPU registers probes itself.
func (w *World) operates(cpu int) bool {
	for i := range w.File.Tasks {
		if t := &w.File.Tasks[i]; t.CPU == cpu {
			return t.Operates()
		}
	}
	return false
}

// areas are the memory that the scenario itself uses.
func (w *World) areas() []props.Range {
	list := slices.Clone(w.Segments)
	for cpu := range taskCPUs(w.File) {
		s := w.stacks[cpu]
		if c := w.Machine.CPUs[cpu]; c.User() {
			s.Low = max(s.Low, c.LinearSP())
		}
		if s.High > s.Low {
			list = append(list, s)
		}
	}
	return list
}

// read reads memory, that of lazy pages even before they are present.
func (w *World) read(at uint64, b []byte) {
	for len(b) > 0 {
		n := min(len(b), int(emu.PageSize-at%emu.PageSize))
		if p, ok := w.lazy[at/emu.PageSize]; w.Machine.CPUs[0].Space.Peek(at, b[:n]) == 0 && ok {
			copy(b[:n], w.Machine.Mem.Bytes(p.frame)[at%emu.PageSize:])
		}
		b, at = b[n:], at+uint64(n)
	}
}

// noteSegments remembers where code, data and regions are.
func (b *builder) noteSegments() error {
	for i := range b.image.Segments {
		s := &b.image.Segments[i]
		b.world.Segments = append(b.world.Segments, props.Range{Low: s.Addr, High: s.End()})
	}
	for i := range b.file.Memory {
		m, at := &b.file.Memory[i], b.own[i].Addr
		b.world.Segments = append(b.world.Segments, props.Range{Low: at, High: at + m.Size})
	}
	return nil
}
