package explore

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/sched"
)

// deep is violated by one actor's step that must come between two steps of
// the other, among many that do not matter.
func deep() *toy {
	noise := func(n int) (l []toyOp) {
		for range n {
			l = append(l, op("add", 1))
		}
		return l
	}
	a := append(append(noise(10), op("set", 1), op("store", 0), op("store", 1), op("set", 0), op("store", 0)), noise(10)...)
	b := append(append(noise(5), op("load", 1), op("jz", 9), op("load", 0), op("assert", 0)), noise(5)...)
	return newToy(a, b)
}

func TestSampleIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	s := deep()
	strategies := map[string]func() (sched.Scheduler, error){
		"random": func() (sched.Scheduler, error) { return &sched.Random{Seed: 3}, nil },
		"pct":    func() (sched.Scheduler, error) { return sched.NewPCT(3, 2, 2, 40) },
	}
	for name, strategy := range strategies {
		t.Run(name, func(t *testing.T) {
			var first *Report
			for _, jobs := range []int{1, 2, 3} {
				r, err := Sample(context.Background(), s.factory, strategy, 0, Options{Jobs: jobs})
				require.NoError(t, err)
				require.NotNil(t, r.Found)
				require.False(t, r.Exhausted)
				if first == nil {
					first = r
				}
				require.Equal(t, first.Found, r.Found)
			}
		})
	}
}

// TestSampleCountsWhatItHasNotSeenTheEndOf: executions that the bound on depth
// ended are told of.
func TestSampleCountsWhatItHasNotSeenTheEndOf(t *testing.T) {
	s := newToy(incr(0), incr(1))
	for depth, unended := range map[uint64]uint64{5: 20, 7: 0} {
		r, err := Sample(t.Context(), s.factory, func() (sched.Scheduler, error) { return &sched.Random{}, nil }, 20, Options{Bounds: Bounds{Depth: depth}})
		require.NoError(t, err)
		require.EqualValues(t, unended, r.Unended, depth)
		require.Equal(t, 20-unended, r.Executions)
	}
}

// TestSampleEndsWithItsContext: in the middle of an execution that has no end.
func TestSampleEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	sys := systems["wait for a flag"]
	r, err := Sample(ctx, sys.factory, func() (sched.Scheduler, error) { return unfair{}, nil }, 0, Options{Bounds: Bounds{Depth: 1 << 60}})
	require.NoError(t, err)
	require.Equal(t, CutTime, r.Cut)
	require.Zero(t, r.Executions+r.Unended)
}

func TestShrinkGivesTheLeastAndReplays(t *testing.T) {
	s := deep()
	var least *Found
	for seed := range uint64(5) {
		r, err := Sample(context.Background(), s.factory, func() (sched.Scheduler, error) { return &sched.Random{Seed: seed}, nil }, 0, Options{})
		require.NoError(t, err)
		sys, _ := s.factory()
		f := Shrink(context.Background(), sys, *r.Found, 0)
		if least == nil {
			least = &f
		}
		require.Equal(t, least.Schedule.Format(0), f.Schedule.Format(0), "seed %d", seed)
		out := Run(sys, strict(f.Schedule), 0)
		require.Equal(t, &f.Violation, out.Violation)
		require.True(t, out.Schedule.Equal(f.Schedule))
	}
	require.Equal(t, "t2.000000.0x13,1x9", least.Schedule.Format(0))
}

func TestSearchIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	for name, s := range map[string]*toy{"deep": deep(), "abba": systems["abba"]} {
		t.Run(name, func(t *testing.T) {
			one := search1(t, s, Options{})
			for range 5 {
				many := search1(t, s, Options{Jobs: 4})
				require.Equal(t, one.Found, many.Found)
				require.Equal(t, one.States, many.States)
			}
		})
	}
}

func TestS6BoundsAreNamed(t *testing.T) {
	s := newToy(append(incr(0), incr(1)...), append(incr(0), incr(1)...), append(incr(0), incr(1)...))
	for cut, b := range map[Cut]Bounds{
		CutStates: {States: 1}, CutDepth: {Depth: 3},
		CutMemory: {Memory: 150}, CutPreemptions: {Preemptions: AtMost(1)},
	} {
		t.Run(string(cut), func(t *testing.T) {
			o := Options{Bounds: b, NoReduction: true}
			if cut == CutStates {
				s = newToy(append(incr(0), incr(1)...), append(incr(0), incr(1)...), append(incr(0), incr(1)...), incr(0))
			}
			r, err := Search(context.Background(), s.factory, o)
			require.NoError(t, err)
			require.Equal(t, cut, r.Cut)
			require.Equal(t, cut == CutPreemptions, r.Exhausted)
		})
	}
	r, err := Search(context.Background(), s.factory, Options{Bounds: Bounds{Memory: 1 << 20}, Needed: func() int { return 1<<20 + 1 }})
	require.NoError(t, err)
	require.Equal(t, CutMemory, r.Cut, "what the process needs is asked for")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err = Search(ctx, s.factory, Options{})
	require.NoError(t, err)
	require.Equal(t, CutCancelled, r.Cut)
	require.False(t, r.Exhausted)
}

func TestLivelockIsFound(t *testing.T) {
	s := newToy([]toyOp{op("load", 0), op("jz", 0)}, []toyOp{op("load", 1), op("jz", 0)})
	r := search1(t, s, Options{})
	require.NotNil(t, r.Found)
	require.Equal(t, NoLivelock, r.Found.Violation.Property)
	sys, _ := s.factory()
	out := Run(sys, sched.NewReplay(r.Found.Schedule), 0)
	require.NotNil(t, out.Violation)
	require.Equal(t, NoLivelock, out.Violation.Property)
}

func strict(s sched.Schedule) *sched.Replay {
	r := sched.NewReplay(s)
	r.Strict = true
	return r
}
