package sched

// ReplayQuantum is how many steps in a row an actor takes once a replayed
// schedule is used up.
const ReplayQuantum = 1000

// Replay follows a schedule. Behind its end the run goes on round robin with
// ReplayQuantum, so that a schedule need only say what matters; Strict stops
// there instead.
type Replay struct {
	Schedule Schedule
	Strict   bool

	run  int
	done uint64
	left uint64 // of the schedule
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
	r.run, r.done, r.lost = 0, 0, false
	r.left = r.Schedule.Steps()
	r.tail = RoundRobin{Quantum: ReplayQuantum}
	r.tail.Begin(0)
	return n == 0
}

// Next follows the schedule. It stops at a step for an actor that cannot take
// one: see Diverged.
func (r *Replay) Next(runnable []int, last int) (int, bool) {
	if r.run == len(r.Schedule.runs) {
		if r.Strict {
			return 0, false
		}
		return r.tail.Next(runnable, last)
	}
	at := r.Schedule.runs[r.run]
	if !contains(runnable, at.Actor) {
		r.lost = true
		return 0, false
	}
	r.left--
	if r.done++; r.done == at.Steps {
		r.run, r.done = r.run+1, 0
	}
	return at.Actor, true
}

// Left is how many steps of the schedule are not taken yet.
func (r *Replay) Left() uint64 { return r.left }

// Diverged reports whether the run stopped because the schedule named an actor
// that could not go on: it is not a schedule of this system.
func (r *Replay) Diverged() bool { return r.lost }
