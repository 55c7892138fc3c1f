package sched

import "math/rand/v2"

// Random picks uniformly among the runnable at every step. Execution n of a
// seed is always the same.
type Random struct {
	Seed       uint64
	Executions int // 0: no end

	rng *rand.Rand
}

// Begin seeds execution n.
func (r *Random) Begin(n int) bool {
	r.rng = newRand(r.Seed, n)
	return r.Executions == 0 || n < r.Executions
}

// Next picks one.
func (r *Random) Next(runnable []int, _ int) (int, bool) {
	return runnable[r.rng.IntN(len(runnable))], true
}

// newRand is the generator of execution n of a seed (PCG, whose sequence is
// fixed by its definition).
func newRand(seed uint64, n int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(n)))
}
