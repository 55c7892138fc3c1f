// Package sched is who goes next. A schedule is data: which actor takes each
// step of a run. It prints as a short string and can be given back (S1, S2).
// A Scheduler makes one while a run goes on; each strategy is a file of its
// own (S3). The exhaustive strategy needs snapshots and is package explore.
//
// Actors are numbered from 0: the machine's vCPUs first, then whatever else
// the system under test lets the schedule decide, such as when an interrupt
// is raised.
package sched

// MaxActors bounds the actors of a schedule.
const MaxActors = 64

// Scheduler picks who takes each step. It is not safe for use by several
// goroutines.
type Scheduler interface {
	// Begin starts execution n (0, 1, …). It reports whether there is one:
	// a scheduler that knows a single schedule has no second execution.
	Begin(n int) bool
	// Next picks one of runnable, which is ascending and not empty. last is
	// who took the step before, -1 at the start. False stops the run.
	Next(runnable []int, last int) (int, bool)
}
