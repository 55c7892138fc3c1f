// Package scenario runs scenario files: it loads them or finds them in the
// built-in library, builds their machine, steps it, and judges what the file
// says. It prints nothing and reads no clock; a context bounds the time.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/events/tracedir"
	"trapline/internal/explore"
	"trapline/internal/scenario/kernelworld"
	"trapline/internal/scenario/programworld"
	"trapline/internal/scenario/world"
	"trapline/internal/sched"
	"trapline/internal/story"
)

// Run is a scenario on its machine. All that changes while it runs is the
// machine's and its parts', this one's own among them: Machine.Snapshot and
// Machine.Restore hold everything.
type Run struct {
	File    *File
	Options Options
	Machine *emu.Machine

	world  world.World
	visit  func(kernel func(*kernelworld.World), program func(*programworld.World))
	shared *world.Shared // the world's, as are names
	names  *story.Names
	checks []explore.Property

	interrupts []interrupt
	scheduled  bool // Follow decides who steps
	following  bool // it does so now
	base       *baseline
	state      state
	saved      *state // by Save, or what Restore took: only added to since
}

// state is what the run knows beside the machine. Plain values.
type state struct {
	progress
	log        []string // the world's
	violations []Violation
}

// progress is the part of it that can be compared.
type progress struct {
	turn     int // vCPU that had the last turn
	steps    uint64
	done     string // why the run is over, or ""
	cut      bool   // a bound ended it
	spinning [emu.MaxCPUs]bool
	waits    [emu.MaxCPUs]wait
	raised   uint16   // interrupts, a bit each
	back     comeback // of a run in which Next decides
}

// wait is what a vCPU spins for, and the row that says why.
type wait struct{ lock, row string }

// Violation is a property that did not hold.
type Violation struct {
	Property string `json:"property"`
	Row      string `json:"row,omitempty"` // of the semantics checklist, where one explains it
	Text     string `json:"text"`
	Step     uint64 `json:"step"` // after which it was seen
	CPU      int    `json:"cpu"`
}

func (v Violation) String() string {
	s := v.Property + ": " + v.Text
	if v.Row != "" {
		s += " (" + v.Row + ")"
	}
	return s
}

// Close frees the machine.
func (r *Run) Close() {
	r.world.Close()
}

// Visit gives the run's world to the one of two functions that is for it.
func (r *Run) Visit(kernel func(*kernelworld.World), program func(*programworld.World)) {
	r.visit(kernel, program)
}

// Names resolves addresses of the run.
func (r *Run) Names() *story.Names { return r.names }

// Engine is the name of the engine that the run uses.
func (r *Run) Engine() string { return r.shared.Engine }

// Describe is the description of the engine.
func (r *Run) Describe() *engines.Engine { return r.shared.Describe() }

// Done tells why the run is over, or "".
func (r *Run) Done() string { return r.state.done }

// Violations lists the properties that did not hold so far, each once.
func (r *Run) Violations() []Violation { return r.state.violations }

// Log is what the probes' handlers printed.
func (r *Run) Log() []string { return r.shared.Log }

// Steps is how many steps were made.
func (r *Run) Steps() uint64 { return r.state.steps }

// Next is the vCPU whose turn it is, round robin among those that can go on, or
// with Options.Scheduled the interrupt that comes now; false when the run is over.
func (r *Run) Next() (int, bool) {
	if r.state.done != "" {
		return 0, false
	}
	if actor, ok := r.dueInterrupt(); ok {
		return actor, true
	}
	if actor, ok := r.dueFlush(); ok {
		return actor, true
	}
	n := len(r.Machine.CPUs)
	for i := 1; i <= n; i++ {
		if c := (r.state.turn + i) % n; r.world.Able(c) {
			return c, true
		}
	}
	return 0, false
}

// Step makes one step of a vCPU and judges it; numbers behind the vCPUs' raise
// interrupts, and those behind them are parts of vCPUs. The event is valid until the next step.
func (r *Run) Step(actor int) *emu.Event {
	var ev *emu.Event
	next, _ := r.Next()
	r.state.steps++
	if u, cpu, ok := r.UnitOf(actor); ok {
		ev = r.Machine.StepUnit(u, cpu)
		r.judgeStep(ev)
	} else if actor < len(r.Machine.CPUs) {
		ev = r.Machine.Step(actor)
		r.observe(ev)
		r.state.turn = actor
		r.judgeStep(ev)
	} else {
		ev = r.raiseActor(actor)
		r.state.spinning = [emu.MaxCPUs]bool{}
	}
	if r.state.steps == 1 && !r.scheduled {
		r.raiseFree()
	}
	if r.state.done == "" {
		r.state.done = r.over()
	}
	if r.state.done != "" {
		r.judgeEnd()
		return ev
	}
	switch {
	case r.following:
	case next != actor:
		r.state.back = comeback{}
	default:
		if n := r.state.back.see(r, ev, 0); n > 0 {
			r.comesBack(n)
		}
	}
	return ev
}

// observe counts what a step means and raises interrupts that it leads to.
func (r *Run) observe(ev *emu.Event) {
	r.world.Observe(ev)
	r.raisePlaced()
}

// over tells why no further step makes sense, or "".
func (r *Run) over() string {
	switch {
	case r.state.steps >= uint64(r.File.Machine.Steps):
		r.state.cut = true
		return fmt.Sprintf("the bound of %d steps is reached", r.File.Machine.Steps)
	case r.Machine.Err() != nil:
		return r.Machine.Err().Error()
	}
	able, spinning := 0, 0
	for _, c := range r.Machine.CPUs {
		if r.world.Able(c.ID) {
			able++
			spinning += int(emu.B2U(r.state.spinning[c.ID]))
		}
	}
	if r.scheduled {
		able += len(r.unraised())
	}
	able += len(r.dueUnits())
	switch {
	case able == 0:
		how, cut := r.world.Ending()
		r.state.cut = r.state.cut || cut
		return how
	case able == spinning:
		return endDeadlock
	}
	return ""
}

// ErrTime and ErrStopped are returned when the context ended a run.
var (
	ErrTime    = emu.ErrTime
	ErrStopped = emu.ErrStopped
)

// Finish runs to the end, giving each event to see, which may be nil.
func (r *Run) Finish(ctx context.Context, see func(*emu.Event)) error {
	return r.until(ctx, see, func(*emu.Event) bool { return false })
}

// runnable lists who can step, ascending; none when the run is over. Behind a
// schedule's end those that spin wait until somebody else has stepped.
func (r *Run) runnable(spinners bool) []int {
	if r.state.done != "" {
		return nil
	}
	var list []int
	for _, c := range r.Machine.CPUs {
		if r.world.Able(c.ID) && (spinners || !r.state.spinning[c.ID]) {
			list = append(list, c.ID)
		}
	}
	return append(append(list, r.unraised()...), r.dueUnits()...)
}

// ErrSchedule is returned when a schedule names a vCPU that cannot go on.
var ErrSchedule = errors.New("the schedule does not fit the run")

// spaceOf is the address space in which an actor's next step runs.
func (r *Run) spaceOf(actor int) *emu.Space {
	if actor < len(r.Machine.CPUs) {
		return r.Machine.CPUs[actor].Space
	}
	return nil
}

// Checksum identifies what decides a run, for schedules: the machine, the
// code, memory, probes, tasks, and how it is run. Lesson, golden steps and
// checks may change without making a schedule another's.
func (r *Run) Checksum() sched.Checksum {
	return r.checksum(r.world.Members(), r.textSum()...)
}

// textSum is the sum of the kernel's text as a part of the checksum.
func (r *Run) textSum() [][]byte {
	if text := r.KernelText(); text != "" {
		return [][]byte{[]byte(text)}
	}
	return nil
}

// ErrOtherText is returned for a schedule of the scenario as it ran on another
// text of the engine's kernel, an earlier version's.
var ErrOtherText = errors.New("schedule of another text of the kernel, an earlier version's, whose steps were others: search again")

// ParseSchedule reads a printed schedule, which must be one of this run's.
func (r *Run) ParseSchedule(text string) (sched.Schedule, error) {
	words := r.wordsFrom(len(r.Machine.CPUs) + len(r.free())) // as Follow numbers actors
	s, err := sched.Parse(text, r.Checksum(), words...)
	if !errors.Is(err, sched.ErrOtherScenario) {
		return s, err
	}
	// Schedules had no sum of the kernel's text at first, and none of its event files.
	if _, earlier := sched.Parse(text, r.checksum(r.world.Members()), words...); earlier == nil {
		return s, ErrOtherText
	}
	if len(r.textSum()) > 0 {
		if old, earlier := sched.Parse(text, r.checksum(nil, r.textSum()...), words...); earlier == nil {
			return old, nil
		}
	}
	return s, err
}

// KernelText names the text of the modelled kernel, or what stands for it in
// direct mode; "": there is none.
func (r *Run) KernelText() string { return r.world.KernelText() }

// checksum is of what decides the steps: the members that all scenarios have,
// those of the run's world, and more.
func (r *Run) checksum(members []string, more ...[]byte) sched.Checksum {
	parts := [][]byte{[]byte(r.Engine()), {byte(emu.B2U(r.Options.Direct))}}
	for _, name := range append([]string{"machine", "text.S", "program", "memory", "probes", "tasks", "interrupts"}, members...) {
		parts = append(parts, r.File.Member(name))
	}
	if m := &r.File.Machine; m.StoreBuffer > 0 || m.SplitRMW {
		parts = append(parts, []byte{byte(m.StoreBuffer), byte(emu.B2U(m.SplitRMW))})
	}
	if r.File.Machine.Prefetch > 0 { // since bytes can be fetched anew
		parts = append(parts, []byte("t4"))
	}
	if len(r.File.handlers) > 0 {
		parts = append(parts, r.File.handlersSum())
	}
	return sched.ChecksumOf(append(parts, more...)...)
}

// checkEvery is how many steps go by between looks at the context.
const checkEvery = 256

// ended is the error with which the context ends the run, looked for now and then.
func (r *Run) ended(ctx context.Context) error {
	if r.state.steps%checkEvery != 0 {
		return nil
	}
	if err := emu.Ended(ctx); err != nil {
		return fmt.Errorf("%w after %d steps", err, r.state.steps)
	}
	return nil
}

// until steps until stop says so or the run is over.
func (r *Run) until(ctx context.Context, see func(*emu.Event), stop func(*emu.Event) bool) error {
	for {
		cpu, ok := r.Next()
		if !ok {
			return r.Machine.Err()
		}
		ev := r.Step(cpu)
		if see != nil {
			see(ev)
		}
		if stop(ev) {
			return r.Machine.Err()
		}
		if err := r.ended(ctx); err != nil {
			return err
		}
	}
}

// Save implements emu.Part. States between which nothing changed share a value,
// as all those of a search do.
func (r *Run) Save() any {
	if o := r.saved; o != nil && o.progress == r.state.progress && len(o.log) == len(r.shared.Log) && len(o.violations) == len(r.state.violations) {
		return o
	}
	s := r.state
	s.log = slices.Clip(r.shared.Log)
	s.violations = s.violations[:len(s.violations):len(s.violations)]
	r.saved = &s
	return r.saved
}

// Restore implements emu.Part.
func (r *Run) Restore(v any) {
	r.saved = v.(*state)
	r.state, r.shared.Log = *r.saved, r.saved.log
}

// Hash implements emu.Part: what decides who goes next and what was violated.
func (r *Run) Hash(h *emu.Hasher) {
	h.Uint64(uint64(r.state.turn))
	h.Uint64(uint64(len(r.state.violations)))
	h.Uint64(uint64(r.state.raised))
	h.Bool(r.state.done != "")
}

// Peek reads memory as a vCPU sees it, without a trace in events, and returns
// how many bytes are there. Of a Linux program's file pages that were not
// touched yet are there too.
func (r *Run) Peek(cpu int, addr uint64, b []byte) int {
	if n := r.world.Peek(r.Machine.Look(), cpu, addr, b); n > 0 {
		return n
	}
	return r.world.PeekFile(addr, b)
}

// HasEvents reports whether the run has trace events.
func (r *Run) HasEvents() bool { return r.world.HasEvents() }

// EventLines are the lines of the trace file without its header.
func (r *Run) EventLines() []string { return r.world.EventLines() }

// EventRecords are the events that fired.
func (r *Run) EventRecords() []tracedir.Record { return r.world.EventRecords() }

// Output is what a Linux program has written so far.
func (r *Run) Output() string { return r.world.Output() }

// Exit is how a Linux program ended, "" before and for kernel code.
func (r *Run) Exit() string { return r.world.Exit() }

// Streams are what a Linux program has written to descriptors 1 and 2 so far.
func (r *Run) Streams() (stdout, stderr []byte) { return r.world.Streams() }

// Status is a Linux program's exit status as a shell has it, 0 before it has ended.
func (r *Run) Status() int { return r.world.Status() }

// Results are what the calls of a member program returned so far, as wide as the
// machine's word; results of calls not made yet are 0.
func (r *Run) Results() []uint64 { return r.world.Results() }
