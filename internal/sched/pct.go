package sched

import (
	"fmt"
	"math/rand/v2"
)

// PCT is probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi,
// Nagarakatte, "A Randomized Scheduler with Probabilistic Guarantees of
// Finding Bugs", ASPLOS 2010. Actors get random priorities, the highest that
// can go on always does, and at Depth-1 random steps the one that would go on
// falls below all others. With n actors and at most k steps, a violation that
// needs Depth ordering constraints shows in one execution with a probability
// of at least 1/(n*k^(Depth-1)): see Bound.
type PCT struct {
	Seed       uint64
	Depth      int    // 1 or more
	Actors     int    // n
	Length     uint64 // k, the longest execution expected, in steps
	Executions int    // 0: no end

	priority []int
	change   []uint64 // steps at which a priority drops, by rank
	step     uint64
}

// NewPCT checks the parameters.
func NewPCT(seed uint64, depth, actors int, length uint64) (*PCT, error) {
	switch {
	case depth < 1 || depth > 64:
		return nil, fmt.Errorf("pct depth %d: expected 1 to 64", depth)
	case actors < 1 || actors > MaxActors:
		return nil, fmt.Errorf("pct with %d actors: expected 1 to %d", actors, MaxActors)
	case length < 1:
		return nil, fmt.Errorf("pct over %d steps: expected at least 1", length)
	}
	return &PCT{Seed: seed, Depth: depth, Actors: actors, Length: length}, nil
}

// Bound is the probability that one execution shows a violation of Depth, at
// least, if executions have at most Length steps.
func (p *PCT) Bound() float64 {
	b := 1 / float64(p.Actors)
	for range p.Depth - 1 {
		b /= float64(p.Length)
	}
	return b
}

// Begin draws priorities and change points of execution n.
func (p *PCT) Begin(n int) bool {
	rng := newRand(p.Seed, n)
	p.step = 0
	p.priority = rng.Perm(p.Actors)
	for i := range p.priority {
		p.priority[i] += p.Depth // 1 to Depth-1 are for those that drop
	}
	p.change = draw(rng, p.Depth-1, p.Length)
	return p.Executions == 0 || n < p.Executions
}

func draw(rng *rand.Rand, n int, length uint64) []uint64 {
	at := make([]uint64, n)
	for i := range at {
		at[i] = rng.Uint64N(length)
	}
	return at
}

// Next lets the highest priority go on. An actor beyond Actors has the lowest.
func (p *PCT) Next(runnable []int, _ int) (int, bool) {
	best := p.highest(runnable)
	for rank, at := range p.change {
		if at == p.step && best < len(p.priority) {
			p.priority[best] = rank + 1
			best = p.highest(runnable)
		}
	}
	p.step++
	return best, true
}

func (p *PCT) highest(runnable []int) int {
	best, top := runnable[0], -1
	for _, a := range runnable {
		if a < len(p.priority) && p.priority[a] > top {
			best, top = a, p.priority[a]
		}
	}
	return best
}
