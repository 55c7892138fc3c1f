package walk

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/scenario/programworld"
	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// code lists n instructions around where the vCPU stands. In a step of a copy
// that is the copy, with the probed instruction's surroundings below.
func (w *programSide) code(cpu, n int) []Line {
	c := w.Run.Machine.CPUs[cpu]
	pc := c.LinearPC()
	if tid, _ := w.guest.ThreadOn(cpu); tid == 0 {
		mode, at := w.ready(c)
		l := w.listing(c, mode, at, n)
		for i := range l {
			l[i].Here = false
		}
		return l
	}
	if w.behindBreakpoint(cpu) {
		return w.listing(c, w.mode(c), pc-1, n)
	}
	t := w.copyOn(cpu)
	if t == nil {
		return w.listing(c, w.mode(c), pc, n)
	}
	l := w.copied(c, t)
	return append(l, w.listing(c, w.mode(c), t.Addr, max(n-len(l), 0))...)
}

// copyOn is the thread on a vCPU if it stands at a copy elsewhere, or right
// behind it.
func (w *programSide) copyOn(cpu int) *programworld.ThreadActivity {
	threads := w.threads()
	for i := range threads {
		t := &threads[i]
		if t.CPU == cpu && t.Copy != 0 && t.Copy != t.Addr && t.PC-t.Copy <= uprobes.CodeSize {
			return t
		}
	}
	return nil
}

// behindBreakpoint reports whether the thread on a vCPU stands behind the int3
// that it has just run, which the kernel has yet to look at.
func (w *programSide) behindBreakpoint(cpu int) bool {
	for _, t := range w.threads() {
		if t.CPU == cpu {
			return t.Stage == uprobes.StageTrapped || t.Stage == uprobes.StageTrampoline
		}
	}
	return false
}

// ready is where the thread stands that a vCPU without one may get, and of which mode its code is.
func (w *programSide) ready(c *emu.CPU) (insn.Mode, uint64) {
	for _, t := range w.threads() {
		if t.CPU < 0 && t.Waits == "" {
			return t.Mode, t.PC
		}
	}
	return w.mode(c), c.LinearPC()
}

// copied lists the copy that a thread steps: the one instruction, and where the
// thread stands behind it.
func (w *programSide) copied(c *emu.CPU, t *programworld.ThreadActivity) []Line {
	var l []Line
	for at := t.Copy; ; {
		x, size := w.line(c, w.mode(c), at)
		if size == 0 {
			break
		}
		x.Here = at == c.LinearPC()
		if strings.HasPrefix(x.At, "0x") { // on the stack
			x.At = fmt.Sprintf("copy+%#x", at-t.Copy)
		}
		if at == t.Copy {
			x.Label, x.Copy = w.Place(at), w.Place(t.Addr)
		} else {
			x.Text = "(behind the copy)"
		}
		l = append(l, x)
		if at += uint64(size); len(l) > 1 || at != c.LinearPC() {
			break
		}
	}
	return l
}

// original is the probed instruction whose copy the thread on a vCPU steps.
func (w *programSide) original(cpu int) (uint64, bool) {
	if t := w.copyOn(cpu); t != nil {
		return t.Addr, true
	}
	return 0, false
}

func (w *programSide) own(cpu int, addr uint64) bool { return w.guest.OwnCode(cpu, addr) }

// probed: the trampoline's breakpoint is no probe's.
func (w *programSide) probed(addr uint64) bool {
	_, _, ok := w.names.Image.Breakpoint(addr)
	return ok
}

func (w *programSide) hasStack(cpu int) bool {
	tid, _ := w.guest.ThreadOn(cpu)
	return tid != 0
}

func (*programSide) bottom(uint64) bool { return false }

func (w *programSide) interrupted(cpu int) []interruption {
	var l []interruption
	tid, _ := w.guest.ThreadOn(cpu)
	for _, s := range slices.Backward(w.trail.signals) {
		if s.tid == tid {
			a := s.layout.arch
			l = append(l, interruption{
				base: s.base, what: "signal", arch: a, ip: s.field(a.IPName()), cs: s.field("cs"),
				bp: s.field(x86.RBP.Name(a)), spAt: s.field(x86.RSP.Name(a)),
			})
		}
	}
	return l
}

func (w *programSide) trampoline(cpu int) uint64 {
	_, pid := w.guest.ThreadOn(cpu)
	for _, p := range w.guest.ProcessStates() {
		if p.PID == pid {
			return p.Area
		}
	}
	return 0
}

// The kernel under a program is Go: it has neither lines of C nor gates in memory.

func (*programSide) hasSource() bool { return false }

func (*programSide) source(int, int) *Source { return nil }

func (*programSide) entersLine(*emu.Event) bool { return false }

func (*programSide) gates(*emu.Event) []Gate { return nil }

// awaited: return probes of programs have as many instances as calls.
func (*programSide) awaited() []Awaited { return nil }

func (w *programSide) phases() map[int]Phase {
	l := map[int]Phase{}
	for _, t := range w.threads() {
		l[t.TID] = userPhases[t.Stage]
	}
	return l
}
