package sched

import "slices"

// RoundRobin lets each actor take Quantum steps, or as many as it can, then
// goes on to the next higher one. A quantum of 0 switches only when an actor
// cannot go on.
type RoundRobin struct {
	Quantum uint64

	left uint64
}

// Begin starts the one execution there is.
func (r *RoundRobin) Begin(n int) bool {
	r.left = r.Quantum
	return n == 0
}

// Next stays with last while its quantum lasts.
func (r *RoundRobin) Next(runnable []int, last int) (int, bool) {
	if slices.Contains(runnable, last) && (r.Quantum == 0 || r.left > 0) {
		r.left--
		return last, true
	}
	r.left = max(r.Quantum, 1) - 1
	for _, a := range runnable {
		if a > last {
			return a, true
		}
	}
	return runnable[0], true
}
