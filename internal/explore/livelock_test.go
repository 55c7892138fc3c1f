package explore

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/sched"
)

// graph is the plain state graph of a system: no reduction, no levels.
type graph struct {
	next    map[Fingerprint][]Fingerprint // by actor; 0: cannot step
	blocked map[Fingerprint]mask
	start   Fingerprint
}

func plainGraph(sys System) *graph {
	g := &graph{next: map[Fingerprint][]Fingerprint{}, blocked: map[Fingerprint]mask{}, start: sys.Hash()}
	todo := []Snapshot{sys.Snapshot()}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		sys.Restore(at)
		h := sys.Hash()
		if g.next[h] != nil {
			continue
		}
		live := alive(sys)
		g.next[h] = make([]Fingerprint, sys.Actors())
		for a := range sys.Actors() {
			if !live.has(a) {
				continue
			}
			sys.Restore(at)
			if sys.Step(a).Blocked {
				g.blocked[h] |= bit(a)
			}
			g.next[h][a] = sys.Hash()
			todo = append(todo, sys.Snapshot())
		}
	}
	return g
}

// deadlocked is also the end of a run.
func (g *graph) ended(h Fingerprint) bool {
	for a, to := range g.next[h] {
		if to != (Fingerprint{}) && !g.blocked[h].has(a) {
			return false
		}
	}
	return true
}

// endless lists the states from which no end can be reached.
func (g *graph) endless() map[Fingerprint]bool {
	ends := map[Fingerprint]bool{}
	for changed := true; changed; {
		changed = false
		for h, list := range g.next {
			can := g.ended(h)
			for _, to := range list {
				can = can || to != (Fingerprint{}) && ends[to]
			}
			if can && !ends[h] {
				ends[h], changed = true, true
			}
		}
	}
	never := map[Fingerprint]bool{}
	for h := range g.next {
		if !ends[h] {
			never[h] = true
		}
	}
	return never
}

// round reports whether actor comes back to a state by its own steps.
func (g *graph) round(h Fingerprint, a int) bool {
	for at, n := g.next[h][a], 0; at != (Fingerprint{}) && n <= len(g.next); at, n = g.next[at][a], n+1 {
		if at == h {
			return true
		}
	}
	return false
}

// needed is how many preemptions it takes to reach one of the states, or -1.
func (g *graph) needed(states map[Fingerprint]bool) int {
	type at struct {
		h Fingerprint
		a int
	}
	cost := map[at]int{}
	level := []at{{g.start, -1}}
	for n := 0; len(level) > 0; n++ {
		var later []at
		for len(level) > 0 {
			x := level[0]
			level = level[1:]
			if old, ok := cost[x]; ok && old <= n {
				continue
			}
			cost[x] = n
			if states[x.h] {
				return n
			}
			for b, to := range g.next[x.h] {
				if to == (Fingerprint{}) {
					continue
				}
				free := x.a < 0 || b == x.a || g.next[x.h][x.a] == (Fingerprint{}) || g.round(x.h, x.a) // blocked is a round of no step
				if free {
					level = append(level, at{to, b})
				} else {
					later = append(later, at{to, b})
				}
			}
		}
		level = later
	}
	return -1
}

func drawLoops(t *rapid.T) *toy {
	n := rapid.IntRange(2, 3).Draw(t, "actors")
	progs := make([][]toyOp, n)
	for i := range progs {
		k := rapid.IntRange(2, 12/n).Draw(t, "length")
		for range k {
			kind := rapid.SampledFrom([]string{"load", "store", "set", "jz", "jz", "jmp", "lock", "unlock"}).Draw(t, "kind")
			arg := rapid.IntRange(0, 1).Draw(t, "arg")
			switch kind {
			case "jz", "jmp":
				arg = rapid.IntRange(0, k).Draw(t, "to") // backwards too
			}
			progs[i] = append(progs[i], op(kind, arg))
		}
	}
	return newToy(progs...)
}

// TestV4LivelockIsFoundUnderTheBoundThatReachesIt: under every bound that
// allows the preemptions it takes, whatever comes later, and never where an
// end can be reached.
func TestV4LivelockIsFoundUnderTheBoundThatReachesIt(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawLoops(t)
		sys, _ := s.factory()
		g := plainGraph(sys)
		need := g.needed(g.endless())
		for bound := -1; bound < 4; bound++ {
			o := Options{Jobs: rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "jobs")}
			if bound >= 0 {
				o.Bounds.Preemptions = AtMost(bound)
			}
			r, err := Search(context.Background(), s.factory, o)
			require.NoError(t, err)
			if r.Found != nil && r.Found.Violation.Property != NoLivelock {
				return // a deadlock, which ends the search
			}
			require.Equal(t, need >= 0 && (bound < 0 || need <= bound), r.Found != nil, "bound %d, needs %d", bound, need)
			if r.Found == nil {
				require.True(t, r.Exhausted)
				continue
			}
			found++
			// That no end follows may need more preemptions to see than to come there.
			require.LessOrEqual(t, need, r.Preemptions+1)
			if bound < 0 {
				requireGoesRound(t, s, r.Found)
			}
		}
	})
	require.Positive(t, found)
}

// requireGoesRound shrinks what was found and takes two turns of it.
func requireGoesRound(t require.TestingT, s *toy, f *Found) {
	require.True(t, f.Endless)
	sys, _ := s.factory()
	small := Shrink(context.Background(), sys, *f, 0)
	turn := small.Schedule.Turn()
	require.NotZero(t, turn.Steps())
	take := func(s sched.Schedule) {
		for _, r := range s.Runs() {
			for range r.Steps {
				_, ok := sys.Place(r.Actor)
				require.True(t, ok)
				require.Nil(t, sys.Step(r.Actor).Violation)
			}
		}
	}
	take(small.Schedule)
	h := sys.Hash()
	require.NotNil(t, endless(sys, func() bool { return false }))
	require.Nil(t, endless(sys, func() bool { return true }), "a search whose time is over judges nothing")
	for range 2 {
		take(turn)
		require.Equal(t, h, sys.Hash(), "%s", small.Schedule.Format(0))
	}
	for a := range sys.Actors() {
		if _, ok := sys.Place(a); ok {
			require.True(t, slices.ContainsFunc(turn.Runs(), func(r sched.Run) bool { return r.Actor == a }), "actor %d has no part of it", a)
		}
	}
}

// pingPong never ends: each waits for the other's value and gives back its own.
func pingPong() *toy {
	return newToy(
		[]toyOp{op("load", 0), op("jz", 3), op("jmp", 0), op("set", 1), op("store", 0), op("jmp", 0)},
		[]toyOp{op("load", 0), op("jz", 0), op("set", 0), op("store", 0), op("jmp", 0)},
	)
}

// escape passes the turn to and fro until cpu1 comes between two steps of cpu0,
// which takes a preemption: without one the run seems endless. What cpu1 does
// then is then.
func escape(then ...toyOp) *toy {
	return newToy(
		[]toyOp{
			op("load", 0), op("jz", 4), op("load", 2), op("jz", 0), // until 0 is 0
			op("set", 1), op("store", 1), op("set", 0), op("store", 1),
			op("set", 1), op("store", 0), op("load", 2), op("jz", 0),
		},
		slices.Concat([]toyOp{
			op("load", 1), op("jz", 3), op("jmp", 8),
			op("load", 0), op("jz", 0), op("set", 0), op("store", 0), op("jmp", 0),
		}, then),
	)
}

func TestV4AnEndThatNeedsMorePreemptionsIsAnEnd(t *testing.T) {
	ways := map[string]*toy{"end": escape(op("set", 1), op("store", 2)), "violation": escape(op("assert", 7))}
	for name, s := range ways {
		for _, jobs := range []int{1, 2, 4} {
			r, err := Search(context.Background(), s.factory, Options{Jobs: jobs, Bounds: Bounds{Preemptions: AtMost(0)}})
			require.NoError(t, err)
			require.Nil(t, r.Found, name)
			require.True(t, r.Exhausted)
			require.Equal(t, CutPreemptions, r.Cut)
			r, err = Search(context.Background(), s.factory, Options{Jobs: jobs})
			require.NoError(t, err)
			require.Equal(t, name == "violation", r.Found != nil)
		}
	}
}

// TestV4WhatWasNotDecidedIsSaid: a search that is cut off before it knows
// whether its runs can end does not call them fine.
func TestV4WhatWasNotDecidedIsSaid(t *testing.T) {
	s := escape(op("set", 1), op("store", 2))
	b := Bounds{Preemptions: AtMost(0)}
	r, err := Search(context.Background(), s.factory, Options{Bounds: b})
	require.NoError(t, err)
	b.States = r.States
	r, err = Search(context.Background(), s.factory, Options{Bounds: b})
	require.NoError(t, err)
	require.False(t, r.Exhausted)
	require.Equal(t, "not exhausted: the bound on states ended it; schedules with at most 0 preemptions are complete, "+
		"but whether each of them can end was not decided (at most 0 preemptions; sequentially consistent memory; instructions indivisible)", r.Verdict().String())
	// Nor does one that is cut off on its way to more preemptions.
	noise := slices.Repeat([]toyOp{op("add", 1), op("store", 5)}, 40)
	s = newToy(append(s.progs, noise)...)
	r, err = Search(context.Background(), s.factory, Options{Bounds: Bounds{Preemptions: AtMost(0)}, NoReduction: true})
	require.NoError(t, err)
	require.True(t, r.Exhausted)
	r, err = Search(context.Background(), s.factory, Options{Bounds: Bounds{States: r.States}, NoReduction: true})
	require.NoError(t, err)
	require.Contains(t, r.Verdict().String(), "are complete, but whether each of them can end was not decided")
}

func TestV4CyclesOfSeveralActors(t *testing.T) {
	for _, bound := range []Limit{{}, AtMost(0), AtMost(3)} {
		for _, jobs := range []int{1, 2, 4} {
			r, err := Search(context.Background(), pingPong().factory, Options{Jobs: jobs, Bounds: Bounds{Preemptions: bound}})
			require.NoError(t, err)
			require.NotNil(t, r.Found)
			requireGoesRound(t, pingPong(), r.Found)
		}
	}
}

// TestV4ALoopOfLocalStepsIsACircle: code that goes round and touches nothing
// shared is noticed soon, whatever its length, which MaxChain is no multiple of.
func TestV4ALoopOfLocalStepsIsACircle(t *testing.T) {
	for _, n := range []int{2, 333, 1021, MaxChain - 1} {
		round := slices.Repeat([]toyOp{op("set", 1)}, n)
		s := newToy(append(round, op("set", 2), op("jmp", 0)), []toyOp{op("set", 1), op("store", 0)})
		r, err := Search(t.Context(), s.factory, Options{})
		require.NoError(t, err)
		require.NotNil(t, r.Found, n)
		require.Equal(t, NoLivelock, r.Found.Violation.Property)
		require.Less(t, r.States, 16, n)
	}
}

// TestV4ComingBackUnderAnUnfairScheduleIsNoLivelock: a random run in which one
// spins for long may still end.
func TestV4ComingBackUnderAnUnfairScheduleIsNoLivelock(t *testing.T) {
	s := systems["wait for a flag"]
	sys, _ := s.factory()
	out := Run(sys, unfair{}, 3*livelockAfter)
	require.Nil(t, out.Violation)
	require.Equal(t, CutDepth, out.Cut)

	sys, _ = pingPong().factory()
	out = Run(sys, unfair{}, 3*livelockAfter)
	require.NotNil(t, out.Violation, "whoever goes, this one cannot end")
	require.True(t, out.Endless)
}

// unfair lets the first one go for ever.
type unfair struct{}

func (unfair) Begin(int) bool                  { return true }
func (unfair) Next(l []int, _ int) (int, bool) { return l[0], true }
