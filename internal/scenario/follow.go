package scenario

import (
	"context"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/sched"
)

// Follower takes a run's steps as a scheduler says. A schedule with a turn ends
// where the turn has led back to where it began.
type Follower struct {
	run    *Run
	s      sched.Scheduler
	replay *sched.Replay // s, or nil
	turns  *turns        // of a schedule with a turn; or nil
	back   comeback
	last   int        // who took the last step, -1: nobody
	space  *emu.Space // in which that step ran
}

// Follower makes one; interrupts without a place are actors from now on.
func (r *Run) Follower(s sched.Scheduler) *Follower {
	r.scheduled = true
	f := &Follower{run: r, s: s, last: -1}
	f.replay, _ = s.(*sched.Replay)
	f.turns = r.watchTurns(f.replay)
	return f
}

// Step takes the next step and returns its event, which is valid until the one
// behind it; nil: there is none, because the run is over or by the error.
func (f *Follower) Step() (*emu.Event, error) {
	ev, err := f.next()
	if ev != nil {
		f.after(ev)
	}
	return ev, err
}

// next takes a step.
func (f *Follower) next() (*emu.Event, error) {
	r := f.run
	r.following = true
	defer func() { r.following = false }()
	list := r.runnable(f.replay != nil && f.replay.Decides())
	if len(list) == 0 {
		return nil, r.Machine.Err()
	}
	if f.turns != nil && f.replay.AtTurn() {
		if ended, err := f.turns.begin(); ended || err != nil {
			return nil, err
		}
	}
	actor, ok := f.s.Next(list, f.last)
	if !ok {
		return nil, fmt.Errorf("%w after %d steps", ErrSchedule, r.state.steps)
	}
	f.last, f.space = actor, r.spaceOf(actor)
	return r.Step(actor), nil
}

// after looks whether the step has led back to a state of before.
func (f *Follower) after(ev *emu.Event) {
	switch r := f.run; {
	case f.turns != nil:
		f.turns.see(ev, f.space)
	case f.replay != nil && !f.replay.Decides() && r.state.done == "":
		if n := f.back.see(r, ev, f.replay.Phase()); n > 0 {
			r.comesBack(n)
		}
	}
}

// Finish runs to the end, giving each event to see, which may be nil.
func (f *Follower) Finish(ctx context.Context, see func(*emu.Event)) error {
	for {
		ev, err := f.next()
		if ev == nil {
			return err
		}
		if see != nil {
			see(ev)
		}
		f.after(ev)
		if err := f.run.ended(ctx); err != nil {
			return err
		}
	}
}

// Follow runs to the end as s says, giving each event to see.
func (r *Run) Follow(ctx context.Context, s sched.Scheduler, see func(*emu.Event)) error {
	return r.Follower(s).Finish(ctx, see)
}
