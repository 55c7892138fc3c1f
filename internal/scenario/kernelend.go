package scenario

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/kprobes/props"
)

// end is how the tasks ended, and all of the scenario's memory but the dead
// stack below the stack pointer (S4).
func (w *KernelRun) end() *props.End {
	return props.KernelEnd(w.Probes, &props.Scope{
		CPUs: slices.Collect(w.File.taskCPUs()), Memory: w.areas(), Operates: w.operates, Read: w.read,
	})
}

// threads: a task never leaves its vCPU.
func (*KernelRun) threads() int { return 0 }

// oneOrder reports whether one vCPU alone has work, and no interrupt comes at
// a time that the schedule chooses.
func (w *KernelRun) oneOrder(int) bool { return len(w.File.Tasks) < 2 && len(w.free()) == 0 }

// operates reports whether the task of a vCPU registers probes itself.
func (r *Run) operates(cpu int) bool {
	for i := range r.File.Tasks {
		if t := &r.File.Tasks[i]; t.CPU == cpu {
			return t.Operates()
		}
	}
	return false
}

// areas are the memory that the scenario itself uses.
func (r *Run) areas() []props.Range {
	list := slices.Clone(r.segments)
	for cpu := range r.File.taskCPUs() {
		s := r.stacks[cpu]
		if c := r.Machine.CPUs[cpu]; c.User() {
			s.Low = max(s.Low, c.LinearSP())
		}
		if s.High > s.Low {
			list = append(list, s)
		}
	}
	return list
}

// read reads memory, that of lazy pages even before they are present.
func (r *Run) read(at uint64, b []byte) {
	for len(b) > 0 {
		n := min(len(b), int(emu.PageSize-at%emu.PageSize))
		if p, ok := r.lazy[at/emu.PageSize]; r.Machine.CPUs[0].Space.Peek(at, b[:n]) == 0 && ok {
			copy(b[:n], r.Machine.Mem.Bytes(p.frame)[at%emu.PageSize:])
		}
		b, at = b[n:], at+uint64(n)
	}
}

// noteSegments remembers where code, data and regions are.
func (b *builder) noteSegments() error {
	for i := range b.image.Segments {
		s := &b.image.Segments[i]
		b.run.segments = append(b.run.segments, props.Range{Low: s.Addr, High: s.End()})
	}
	for i := range b.file.Memory {
		m, at := &b.file.Memory[i], b.own[i].Addr
		b.run.segments = append(b.run.segments, props.Range{Low: at, High: at + m.Size})
	}
	return nil
}
