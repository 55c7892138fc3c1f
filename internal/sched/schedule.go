package sched

import (
	"errors"
	"fmt"
	"slices"
)

// Bounds of a schedule.
const (
	MaxRuns  = 1 << 20 // runs of steps by one actor
	MaxSteps = 1 << 40 // steps in all
)

// ErrTooLong is returned when a schedule would pass MaxRuns or MaxSteps.
var ErrTooLong = errors.New("schedule too long")

// Run is a number of steps that one actor takes in a row.
type Run struct {
	Actor int
	Steps uint64 // at least 1
}

// Schedule is who took, or is to take, each step. Neighbouring runs are of
// different actors. The zero value is empty. One that never ends has a turn
// too, which is taken over and over behind the runs.
type Schedule struct{ runs, turn []Run }

// Of makes a schedule of one step for each actor given.
func Of(actors ...int) Schedule {
	var s Schedule
	for _, a := range actors {
		s.Append(a, 1)
	}
	return s
}

// Append adds n steps of actor at the end. It panics on an actor that cannot
// be: that is the caller's mistake, never a user's.
func (s *Schedule) Append(actor int, n uint64) {
	if actor < 0 || actor >= MaxActors {
		panic(fmt.Sprintf("actor %d: expected 0 to %d", actor, MaxActors-1))
	}
	if n == 0 {
		return
	}
	if k := len(s.runs); k > 0 && s.runs[k-1].Actor == actor {
		s.runs[k-1].Steps += n
		return
	}
	s.runs = append(s.runs, Run{actor, n})
}

// Runs is the schedule as runs, without its turn. The caller must not change
// them.
func (s Schedule) Runs() []Run { return s.runs }

// Turn is what is repeated for ever, as a schedule of its own; without a step:
// nothing.
func (s Schedule) Turn() Schedule { return Schedule{runs: s.turn} }

// Endless is the schedule with a turn to repeat.
func (s Schedule) Endless(turn Schedule) Schedule { return Schedule{runs: s.runs, turn: turn.runs} }

// Steps is how many steps the schedule has before its turn.
func (s Schedule) Steps() uint64 {
	var n uint64
	for _, r := range s.runs {
		n += r.Steps
	}
	return n
}

// Switches is how often the actor changes from one step to the next, before
// the turn.
func (s Schedule) Switches() int { return max(len(s.runs)-1, 0) }

// Equal reports whether both schedules are the same steps.
func (s Schedule) Equal(o Schedule) bool {
	return slices.Equal(s.runs, o.runs) && slices.Equal(s.turn, o.turn)
}

// Clone copies a schedule, so that appending to one leaves the other alone.
func (s Schedule) Clone() Schedule { return Schedule{slices.Clone(s.runs), slices.Clone(s.turn)} }

// Prefix is the first n steps, or all if there are fewer.
func (s Schedule) Prefix(n uint64) Schedule {
	var p Schedule
	for _, r := range s.runs {
		if n == 0 {
			break
		}
		k := min(n, r.Steps)
		p.Append(r.Actor, k)
		n -= k
	}
	return p
}

// Compare orders schedules as a reader likes them: fewer switches first, then
// fewer steps, then the lower actor where they first differ.
func Compare(a, b Schedule) int {
	if d := a.Switches() - b.Switches(); d != 0 {
		return d
	}
	if x, y := a.Steps(), b.Steps(); x != y {
		if x < y {
			return -1
		}
		return 1
	}
	return slices.CompareFunc(a.runs, b.runs, func(x, y Run) int {
		if x.Actor != y.Actor {
			return x.Actor - y.Actor
		}
		switch {
		case x.Steps < y.Steps:
			return -1
		case x.Steps > y.Steps:
			return 1
		}
		return 0
	})
}
