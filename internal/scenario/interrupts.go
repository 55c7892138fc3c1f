package scenario

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/scenario/world"
	"trapline/internal/x86"
)

// interrupt is an external interrupt of the scenario.
type interrupt struct {
	kind   string
	cpu    int
	vector x86.Vector
	placed bool
	at     uint64 // linear address, if placed
}

// NoteRaised marks the raising of an interrupt.
const NoteRaised emu.NoteKind = "interrupt-raised"

func (r *Run) prepareInterrupts() error {
	for _, in := range r.File.Interrupts {
		x := interrupt{kind: in.Kind, cpu: in.CPU, vector: format.Vectors[in.Kind]}
		if in.At != nil {
			at, err := world.EvalAt(r.File.File, *in.At, r.shared.Symbols)
			if err != nil {
				return err
			}
			x.at, x.placed = at, true
		}
		r.interrupts = append(r.interrupts, x)
	}
	r.raisePlaced()
	return nil
}

// raisePlaced raises the interrupts whose vCPU has come to their place.
func (r *Run) raisePlaced() {
	for i := range r.interrupts {
		x := &r.interrupts[i]
		c := r.Machine.CPUs[x.cpu]
		if x.placed && r.state.raised>>i&1 == 0 && c.LinearPC() == x.at && len(c.Pending()) == 0 && !c.Halted {
			r.raise(i)
		}
	}
}

func (r *Run) raise(i int) {
	x := &r.interrupts[i]
	r.state.raised |= 1 << i
	if c := r.Machine.CPUs[x.cpu]; c.Shutdown == "" {
		r.Machine.Door().RaiseInterrupt(x.cpu, x.vector)
	}
}

// raiseFree raises those without a place, in a run that nobody schedules.
func (r *Run) raiseFree() {
	for i := range r.interrupts {
		if !r.interrupts[i].placed {
			r.raise(i)
		}
	}
}

// free lists the interrupts without a place: actor i behind the vCPUs raises
// the i-th of them.
func (r *Run) free() []int {
	var list []int
	for i := range r.interrupts {
		if !r.interrupts[i].placed {
			list = append(list, i)
		}
	}
	return list
}

// unraised lists the actors behind the vCPUs that have not acted yet.
func (r *Run) unraised() []int {
	var list []int
	for n, i := range r.free() {
		if r.state.raised>>i&1 == 0 {
			list = append(list, len(r.Machine.CPUs)+n)
		}
	}
	return list
}

// Actors is how many can take steps: the vCPUs, then with Options.Scheduled the
// interrupts without a place, then for each of the machine's units every vCPU's.
func (r *Run) Actors() int {
	return r.firstUnit() + len(r.Machine.Units())*len(r.Machine.CPUs)
}

// Can reports whether an actor could take a step now: a vCPU that can go on, an
// interrupt that was not raised yet.
func (r *Run) Can(actor int) bool {
	switch {
	case r.state.done != "" || actor < 0 || actor >= r.Actors():
		return false
	case actor < len(r.Machine.CPUs):
		return r.world.Able(actor)
	}
	if u, cpu, ok := r.UnitOf(actor); ok {
		_, due := r.Machine.UnitDue(u, cpu)
		return due
	}
	return r.state.raised>>r.free()[actor-len(r.Machine.CPUs)]&1 == 0
}

// ActorName is what an actor is called, such as "cpu0", "timer on cpu0" or
// "cpu0's stores".
func (r *Run) ActorName(actor int) string {
	if u, cpu, ok := r.UnitOf(actor); ok {
		return unitName(u, cpu)
	}
	if n := len(r.Machine.CPUs); actor >= n {
		x := &r.interrupts[r.free()[actor-n]]
		return fmt.Sprintf("%s on cpu%d", x.kind, x.cpu)
	}
	return fmt.Sprintf("cpu%d", actor)
}

// dueInterrupt is the actor of an interrupt that nobody chose to raise earlier:
// they come after the first step, as in a run without a schedule. One that was
// passed over there waits until no vCPU gets further.
func (r *Run) dueInterrupt() (int, bool) {
	if !r.scheduled || len(r.interrupts) == 0 {
		return 0, false
	}
	list := r.unraised()
	if len(list) == 0 {
		return 0, false
	}
	if r.Machine.Seq != 1 {
		for _, c := range r.Machine.CPUs {
			if r.world.Able(c.ID) && !r.state.spinning[c.ID] {
				return 0, false
			}
		}
	}
	return list[0], true
}

// raiseActor is the step of an actor behind the vCPUs.
func (r *Run) raiseActor(actor int) *emu.Event {
	i := r.free()[actor-len(r.Machine.CPUs)]
	r.raise(i)
	x := &r.interrupts[i]
	c := r.Machine.CPUs[x.cpu]
	return &emu.Event{
		Seq: r.Machine.Seq, CPU: x.cpu, Kind: emu.StepIdle, PC: c.LinearPC(), Before: c.Core, After: c.Core,
		Notes: []emu.Note{{Kind: NoteRaised, ID: "S1", Text: fmt.Sprintf("the %s interrupt (vector %#x) is raised", x.kind, uint8(x.vector))}},
	}
}

// actors are the free interrupts for a search.
func (r *Run) actors() []explore.Interrupt {
	var list []explore.Interrupt
	for _, i := range r.free() {
		list = append(list, explore.Interrupt{CPU: r.interrupts[i].cpu, Vector: r.interrupts[i].vector})
	}
	return list
}
