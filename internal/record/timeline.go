package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"trapline/internal/emu"
)

// MaxSteps bounds a timeline and a recording: no scenario runs longer.
const MaxSteps = 100_000_000

// ErrOver: the run is over, or the vCPU cannot go on.
var ErrOver = errors.New("no further step")

// Runner makes the steps. All that it keeps is the machine's or in its parts.
type Runner interface {
	// Next is the actor whose turn it is by default; false: the run is over.
	Next() (actor int, ok bool)
	// Can reports whether an actor could take a step now.
	Can(actor int) bool
	// Step makes one step of an actor. The event is valid until the next one.
	Step(actor int) *emu.Event
}

// Options of a timeline.
type Options struct {
	// Observe sees every step, also each time one is made again on the way to
	// another. What it keeps must be a part of the machine. Or nil.
	Observe func(*emu.Event)
	// Mark says what is worth finding about a step when it is first made. Or nil.
	Mark func(*emu.Event) Kind
	// Actors is how many there are, the vCPUs first, then interrupts that the
	// Runner raises when it steps them; 0: the vCPUs.
	Actors int
	// Changes is how many more there are behind those: changes of the machine by
	// whoever looks at it. No file is made of a line with one: see Changed.
	Changes int
	// Marks bounds the marks of a line; 0: MaxMarks.
	Marks int
}

// Timeline is a run with a present moment that can be moved. Moments are
// counted in steps done, from 0. It is not safe for several goroutines.
type Timeline struct {
	m     *emu.Machine
	run   Runner
	opt   Options
	lines []*Line // [0] is the first; at most MaxLines
	line  *Line   // the present one
	made  int     // lines ever
	at    uint64
	cur   cursor
	last  *emu.Event // the step that led to at; nil where it is not known

	reached atomic.Uint64
}

// New starts a timeline at the machine's present state, which becomes step 0.
func New(m *emu.Machine, run Runner, o Options) *Timeline {
	t := &Timeline{m: m, run: run, opt: o}
	t.opt.Actors = max(o.Actors, len(m.CPUs))
	t.opt.Marks = cmp.Or(o.Marks, MaxMarks)
	t.line = &Line{points: checkpoints{distance: firstDistance}}
	t.lines = []*Line{t.line}
	t.made = 1
	t.checkpoint()
	return t
}

// At is the present moment: how many steps were done.
func (t *Timeline) At() uint64 { return t.at }

// End is the last recorded moment of the present line.
func (t *Timeline) End() uint64 { return t.line.script.steps }

// Event is the step that led to the present moment, or nil at 0. It is valid
// until the next move.
func (t *Timeline) Event() *emu.Event { return t.last }

// Hash is the present state's hash, clocks included.
func (t *Timeline) Hash() uint64 { return t.m.Hash(true) }

// Turn is the actor that takes the next step: the recorded one, or the default
// at the end of the recording; false if there is no next step.
func (t *Timeline) Turn() (cpu int, ok bool) {
	if t.at < t.End() {
		return t.line.script.peek(t.cur)
	}
	if t.End() >= MaxSteps {
		return 0, false
	}
	return t.run.Next()
}

// Forward makes up to n steps, recorded or new ones, and tells how many.
func (t *Timeline) Forward(ctx context.Context, n uint64) (uint64, error) {
	for done := uint64(0); done < n; done++ {
		cpu, ok := t.Turn()
		if !ok {
			t.line.over = true
			return done, t.m.Err()
		}
		t.step(cpu)
		if err := t.Ended(ctx); err != nil {
			return done, err
		}
	}
	return n, t.m.Err()
}

// checkEvery is how many steps go by between looks at a context.
const checkEvery = 256

// Ended is the error with which the context ends a move, which stops where it
// is. It is looked for now and then.
func (t *Timeline) Ended(ctx context.Context) error {
	if t.at%checkEvery != 0 {
		return nil
	}
	t.reached.Store(t.at)
	if err := emu.Ended(ctx); err != nil {
		return fmt.Errorf("%w at step %d", err, t.at)
	}
	return nil
}

// Reached is where a move under way was a moment ago. Unlike everything else here
// it may be asked for by another goroutine.
func (t *Timeline) Reached() uint64 { return t.reached.Load() }

// Record makes steps from the end of the recording until the run is over, or n
// more are made, and returns to the present moment.
func (t *Timeline) Record(ctx context.Context, n uint64) error {
	from := t.at
	if err := t.Goto(ctx, t.End()); err != nil {
		return err
	}
	_, err := t.Forward(ctx, n)
	return errors.Join(err, t.Goto(context.WithoutCancel(ctx), from))
}

// Back goes n steps back, or to the start.
func (t *Timeline) Back(ctx context.Context, n uint64) error {
	return t.Goto(ctx, t.at-min(n, t.at))
}

// Goto goes to moment n. Behind the end of the recording the run goes on, and
// may be over earlier.
func (t *Timeline) Goto(ctx context.Context, n uint64) error {
	if n < t.at || n > t.at && t.line.points.list[t.line.points.before(n)].step > t.at {
		t.restore(t.line.points.before(n))
	}
	if n == t.at {
		return nil
	}
	_, err := t.Forward(ctx, n-t.at)
	return err
}

// Take makes a step of the actor of one's choice. Where another step is
// recorded, that starts a branch: see Lines.
func (t *Timeline) Take(cpu int) error {
	if cpu < 0 || cpu >= t.opt.Actors+t.opt.Changes || !t.run.Can(cpu) {
		return fmt.Errorf("actor %d: %w", cpu, ErrOver)
	}
	if t.at < t.End() {
		if next, _ := t.line.script.peek(t.cur); next != cpu {
			t.fork()
		}
	}
	if t.at >= MaxSteps {
		return fmt.Errorf("%w: a recording has at most %d", ErrOver, MaxSteps)
	}
	t.step(cpu)
	return t.m.Err()
}

// Taken gives who took each step of the present line, from its start.
func (t *Timeline) Taken() func(yield func(actor int) bool) { return t.line.script.taken }

// Changed reports whether a change is among the steps of the present line.
func (t *Timeline) Changed() bool {
	for actor := range t.Taken() {
		if actor >= t.opt.Actors {
			return true
		}
	}
	return false
}

func (t *Timeline) step(cpu int) {
	l := t.line
	first := t.at == l.script.steps // nobody has made it on this line
	if first {
		l.script.add(cpu)
	} else {
		l.again(t, cpu)
	}
	l.script.advance(&t.cur)
	ev := t.run.Step(cpu)
	t.at++
	t.last = ev
	if t.opt.Observe != nil {
		t.opt.Observe(ev)
	}
	if !first {
		return
	}
	if t.opt.Mark != nil {
		l.mark(t.at, ev.CPU, t.opt.Mark(ev), t.opt.Marks)
	}
	if l.points.due(t.at) {
		t.checkpoint()
	}
}

func (t *Timeline) checkpoint() {
	s := t.m.Snapshot()
	t.line.points.add(checkpoint{step: t.at, at: t.cur, snap: s, hash: t.m.Hash(true)})
}

func (t *Timeline) restore(i int) {
	p := &t.line.points.list[i]
	t.m.Restore(p.snap)
	t.at, t.cur, t.last = p.step, p.at, nil
}
