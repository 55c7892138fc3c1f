package scenario

import (
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
	"trapline/internal/x86"
)

// comeback notices that a run whose scheduler repeats itself comes back to a
// whole state: the machine, and what the scheduler knows. Such a run never
// ends. It remembers one state, which it exchanges for a later one now and then
// (Brent). Plain values; the zero value has seen nothing.
type comeback struct {
	marks   [emu.MaxCPUs]uint64 // of the remembered state's vCPUs, to tell most states apart at once
	hash    uint64
	n       uint64 // steps seen
	since   uint64 // of the remembered state
	renewed uint64 // step at which the next state is remembered
}

// rememberEvery is how many steps a state is remembered for at least.
const rememberEvery = 64

// see looks at the state behind a step. phase is what of the scheduler's state
// the run does not keep. It returns how many steps ago the state was there
// before, or 0. Code that reads a clock may do something else each time.
func (b *comeback) see(r *Run, ev *emu.Event, phase uint64) uint64 {
	if readsClock(ev) {
		*b = comeback{}
		return 0
	}
	b.n++
	if b.n == b.renewed+1 || b.n == 1 {
		for i, c := range r.Machine.CPUs {
			b.marks[i] = mark(c)
		}
		b.hash = r.loopHash() + phase
		b.since, b.renewed = b.n, b.n+max(rememberEvery, b.n/8)
		return 0
	}
	if c := r.Machine.CPUs[ev.CPU]; mark(c) != b.marks[ev.CPU] || r.loopHash()+phase != b.hash {
		return 0
	}
	return b.n - b.since
}

// mark differs for most states of a vCPU.
func mark(c *emu.CPU) uint64 {
	return c.RIP + c.GPR[x86.RAX]<<20 + c.GPR[x86.RCX]<<40 + c.GPR[x86.RSP]<<8
}

// readsClock reports whether code was told a time, or made a deadline of one.
// States that differ in how far away a deadline is are different.
func readsClock(ev *emu.Event) bool {
	return slices.ContainsFunc(ev.Touched, func(t emu.Touch) bool { return t.Use == emu.Reads && t.Loc.IsClock() })
}

// comesBack ends a run that came back to a state after some steps.
func (r *Run) comesBack(steps uint64) {
	r.violate(&explore.Violation{Property: props.NoLivelock, Actor: -1, What: fmt.Sprintf(
		"the whole state comes back every %s, with the vCPUs taking turns: this never ends", stepsText(steps))})
}

func stepsText(n uint64) string {
	if n == 1 {
		return "step"
	}
	return fmt.Sprintf("%d steps", n)
}
