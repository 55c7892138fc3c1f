package scenarios

import (
	"context"
	"errors"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/scenario"
	"trapline/internal/sched"
	"trapline/internal/story"
)

// ErrTime and ErrStopped are the classes of errors of a run, or a search, that
// its context ended: by its time, or because it was cancelled.
var (
	ErrTime    = scenario.ErrTime
	ErrStopped = scenario.ErrStopped
)

// ErrBadSchedule is the class of errors for a text that is no schedule of the
// scenario as it is and is run: of another one, of another engine, of an earlier
// text.
var ErrBadSchedule = scenario.ErrBadSchedule

// ErrNotNow is the class of errors of a step, or a change, that is refused: the run is
// over, the vCPU cannot go on, or a schedule decides.
var ErrNotNow = errors.New("no such step now")

// Options change how a scenario is run. The zero value runs it as the file says.
type Options struct {
	Engine string // instead of the file's, with options behind "+"; "" keeps it
	// Direct does the kernel's work without its text: faster, fewer steps.
	Direct bool
	// Events are lines of kprobe_events, or of a Linux program of
	// uprobe_events, to define and enable, behind the file's.
	Events []string
	// Schedule says who takes each step, as a search has printed it; "": all in
	// turns.
	Schedule string
}

// Run is a scenario on its machine. It is not safe for several goroutines at
// once. Close frees it.
type Run struct {
	run    *scenario.Run
	follow *scenario.Follower // of a schedule; or nil
	own    bool               // it runs as the file says
	teller story.Teller
	event  Event
	err    error
}

// Open builds the machine of a scenario, ready for its first step. Flaws that
// show only now, such as an unknown symbol, are an *Error; a schedule that is not
// this scenario's is ErrBadSchedule.
func Open(ctx context.Context, f *File, o Options) (*Run, error) {
	inner := scenario.Options{Engine: o.Engine, Direct: o.Direct, Events: o.Events}
	r := &Run{
		own: o.Engine == "" && o.Schedule == "" && len(o.Events) == 0, teller: story.Teller{Level: story.Brief},
	}
	var err error
	if o.Schedule == "" {
		r.run, err = scenario.Open(ctx, f.f, inner)
		return r.opened(err)
	}
	var s sched.Schedule
	if r.run, s, err = scenario.OpenScheduled(ctx, f.f, inner, o.Schedule); err == nil {
		r.follow = r.run.Follower(sched.NewReplay(s))
	}
	return r.opened(err)
}

func (r *Run) opened(err error) (*Run, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Close frees the machine.
func (r *Run) Close() { r.run.Close() }

// Step takes the next step: of the vCPU whose turn it is, or as the schedule
// says. False: the run is over, or Err says what is wrong.
func (r *Run) Step() bool {
	if r.err != nil {
		return false
	}
	if r.follow != nil {
		ev, err := r.follow.Step()
		r.err = err
		return r.stepped(ev)
	}
	cpu, ok := r.run.Next()
	if !ok {
		return false
	}
	return r.stepped(r.run.Step(cpu))
}

// stepped takes the event of a step, nil if there was none.
func (r *Run) stepped(ev *emu.Event) bool {
	if ev == nil {
		return false
	}
	r.event = Event{ev: ev, names: r.run.Names(), record: r.run.Names().Describe(ev), teller: &r.teller}
	if r.err == nil {
		r.err = r.run.Machine.Err()
	}
	return true
}

// StepCPU takes the next step of a vCPU, whoever's turn it is. It refuses with
// ErrNotNow: when the run is over, of a vCPU that cannot go on, and where a
// schedule decides.
func (r *Run) StepCPU(cpu int) error {
	switch {
	case r.err != nil:
		return r.err
	case r.follow != nil:
		return fmt.Errorf("%w: the run follows a schedule", ErrNotNow)
	case r.Done() != "":
		return fmt.Errorf("%w: the run is over: %s", ErrNotNow, r.Done())
	case !r.Can(cpu):
		return fmt.Errorf("%w: cpu%d cannot go on", ErrNotNow, cpu)
	}
	r.stepped(r.run.Step(cpu))
	return r.err
}

// Set changes a place between two steps: a register, a flag, or memory, such as %eax,
// %eax@1, %IF or u32[main+4]. A register without a vCPU is that of cpu. Values are
// cut to the place's width. The run is none of the file's from then on, and Failures
// expects it to violate nothing. Set refuses with ErrNotNow when the run is over and where a
// schedule decides; its other errors say what cannot be set.
func (r *Run) Set(cpu int, place string, value uint64) error {
	switch {
	case r.err != nil:
		return r.err
	case r.follow != nil:
		return fmt.Errorf("%w: the run follows a schedule", ErrNotNow)
	case r.Done() != "":
		return fmt.Errorf("%w: the run is over: %s", ErrNotNow, r.Done())
	}
	if err := r.run.Set(cpu, place, value); err != nil {
		return err
	}
	r.own = false
	return nil
}

// Can reports whether a vCPU can take a step now.
func (r *Run) Can(cpu int) bool {
	return cpu >= 0 && cpu < r.CPUs() && r.Done() == "" && r.run.Can(cpu)
}

// Event is what the last step did, nil before the first. It is valid until the
// next one.
func (r *Run) Event() *Event {
	if r.event.ev == nil {
		return nil
	}
	return &r.event
}

// Err is what ended the run other than its own end, nil while all is well.
func (r *Run) Err() error { return r.err }

// Finish runs to the end, giving each event to see, which may be nil.
func (r *Run) Finish(ctx context.Context, see func(*Event)) error {
	for n := 1; ; n++ {
		if see == nil {
			return r.finish(ctx)
		}
		if !r.Step() {
			return r.err
		}
		see(&r.event)
		if n%checkEvery == 0 {
			if err := emu.Ended(ctx); err != nil {
				return fmt.Errorf("%w after %d steps", err, r.Steps())
			}
		}
	}
}

// checkEvery is how many steps go by between looks at the context.
const checkEvery = 256

// finish runs to the end without telling of it.
func (r *Run) finish(ctx context.Context) error {
	if r.err != nil {
		return r.err
	}
	if r.follow != nil {
		return r.follow.Finish(ctx, nil)
	}
	return r.run.Finish(ctx, nil)
}

// CPUs is how many vCPUs the machine has.
func (r *Run) CPUs() int { return len(r.run.Machine.CPUs) }

// Engine is the name of the engine that the run uses.
func (r *Run) Engine() string { return r.run.Engine() }

// Steps is how many steps were made.
func (r *Run) Steps() uint64 { return r.run.Steps() }

// Done tells why the run is over, "" before.
func (r *Run) Done() string { return r.run.Done() }

// Eval computes an expression of docs/scenario-format.md at the present moment, such as
// %eax, u32[main+4] or hits(entry). A register is that of cpu.
func (r *Run) Eval(cpu int, expression string) (uint64, error) { return r.run.Eval(cpu, expression) }

// Read reads memory as a vCPU sees it, from a linear address, and returns how
// many bytes are there.
func (r *Run) Read(cpu int, addr uint64, b []byte) int { return r.run.Peek(cpu, addr, b) }

// Place writes an address as symbol+0xoffset, or as a number where no symbol is
// near.
func (r *Run) Place(addr uint64) string { return r.run.Names().Addr(addr) }

// Log is what the probes' handlers printed.
func (r *Run) Log() []string { return r.run.Log() }

// Trace are the lines of the trace file, without its header.
func (r *Run) Trace() []string { return r.run.EventLines() }

// Output is what a Linux program has written to descriptors 1 and 2, Exit how it
// ended; both are "" for kernel code.
func (r *Run) Output() string { return r.run.Output() }

// Exit is how a Linux program ended, "" before.
func (r *Run) Exit() string { return r.run.Exit() }

// Probe is what happened to one probe so far.
type Probe struct {
	Name string
	At   string // its place, as Run.Place writes it
	// State is armed, disarmed, lost, not registered, or unused; of a Linux
	// program also refused, disabled, removed or not mapped.
	State     string
	Hits      uint64 // of the pre handler
	Posts     uint64 // of the post handler
	Faults    uint64 // faults during hits
	Missed    uint64 // executions of its instruction without a hit
	Reentrant uint64 // hits inside a hit, of which no handler was told
}

// Probes lists the probes with their counts.
func (r *Run) Probes() []Probe {
	var list []Probe
	for _, p := range r.run.ProbeEnds() {
		list = append(list, Probe{p.Name, p.At, p.State, p.Hits, p.Posts, p.Faults, p.Missed, p.Reentrant})
	}
	return list
}

// Violation is a property that did not hold.
type Violation struct {
	Property string
	Row      string // of the semantics checklist, where one explains it, or ""
	Text     string
	Step     uint64 // after which it was seen
	CPU      int
}

func (v Violation) String() string { return scenario.Violation(v).String() }

// Violations lists the properties that did not hold so far, each once.
func (r *Run) Violations() []Violation { return violations(r.run.Violations()) }

func violations(inner []scenario.Violation) []Violation {
	var list []Violation
	for _, v := range inner {
		list = append(list, Violation(v))
	}
	return list
}

// Failures lists, of a run that is over, what should be and is not, each as
// FILE:LINE: what. A run as the file says violates exactly what the member expect
// names; another one, with an engine, events or a schedule of the Options,
// violates nothing. Golden steps are judged by Test.
func (r *Run) Failures() []string {
	var list []string
	for _, x := range r.run.Judge(r.own) {
		list = append(list, fmt.Sprintf("%s:%d: %s", r.run.File.Name, x.Pos.Line, x.Text))
	}
	return list
}
