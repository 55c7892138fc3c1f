package sched

import "slices"

// ReplayQuantum is how many steps in a row an actor takes once a replayed
// schedule is used up.
const ReplayQuantum = 1000

// Replay follows a schedule, and repeats its turn if it has one. Else, behind
// its end, the run goes on round robin with ReplayQuantum, so that a schedule
// need only say what matters; Strict stops there instead.
type Replay struct {
	Schedule Schedule
	Strict   bool

	runs []Run // of the schedule, or of its turn
	run  int
	done uint64
	left uint64 // before the turn
	tail RoundRobin
	lost bool
}

// NewReplay makes a Replay that has begun.
func NewReplay(s Schedule) *Replay {
	r := &Replay{Schedule: s}
	r.Begin(0)
	return r
}

// Begin starts the one execution there is.
func (r *Replay) Begin(n int) bool {
	r.runs, r.run, r.done, r.lost = r.Schedule.runs, 0, 0, false
	r.left = r.Schedule.Steps()
	r.tail = RoundRobin{Quantum: ReplayQuantum}
	r.tail.Begin(0)
	return n == 0
}

// Next follows the schedule. It stops at a step for an actor that cannot take
// one: see Diverged.
func (r *Replay) Next(runnable []int, last int) (int, bool) {
	if r.run == len(r.runs) && len(r.Schedule.turn) > 0 {
		r.runs, r.run = r.Schedule.turn, 0
	}
	if r.run == len(r.runs) {
		if r.Strict {
			return 0, false
		}
		return r.tail.Next(runnable, last)
	}
	at := r.runs[r.run]
	if !slices.Contains(runnable, at.Actor) {
		r.lost = true
		return 0, false
	}
	if r.left > 0 {
		r.left--
	}
	if r.done++; r.done == at.Steps {
		r.run, r.done = r.run+1, 0
	}
	return at.Actor, true
}

// Left is how many steps of the schedule before its turn are not taken yet.
func (r *Replay) Left() uint64 { return r.left }

// Decides reports whether the schedule says who takes the next step.
func (r *Replay) Decides() bool { return r.left > 0 || len(r.Schedule.turn) > 0 }

// AtTurn reports whether the next step is the first one of a turn.
func (r *Replay) AtTurn() bool {
	return r.left == 0 && len(r.Schedule.turn) > 0 && r.done == 0 && (r.run == 0 || r.run == len(r.runs))
}

// Diverged reports whether the run stopped because the schedule named an actor
// that could not go on: it is not a schedule of this system.
func (r *Replay) Diverged() bool { return r.lost }

// Phase tells apart, behind the end of a schedule without a turn, how much of
// an actor's quantum is left.
func (r *Replay) Phase() uint64 { return r.tail.left }
