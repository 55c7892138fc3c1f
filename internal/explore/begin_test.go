package explore

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What actors do before they can meet is done in one order, and leaving one
// there is no preemption.
func TestLocalStartsKeepOutcomes(t *testing.T) {
	s := newToy(
		[]toyOp{op("set", 1), op("add", 1), op("store", 0), op("load", 1)},
		[]toyOp{op("set", 2), op("add", 1), op("store", 1), op("load", 0)},
		[]toyOp{op("set", 3), op("add", 2), op("store", 0)},
	)
	with, without := search1(t, s, Options{}), search1(t, s, Options{Without: LocalStarts})
	require.Equal(t, without.Outcomes, with.Outcomes)
	require.Less(t, with.States, without.States)

	// One that is bounded reaches no less than without.
	for n := range 3 {
		o := Options{Bounds: Bounds{Preemptions: AtMost(n)}}
		with := search1(t, s, o)
		o.NoReduction = true
		require.Subset(t, with.Outcomes, search1(t, s, o).Outcomes, "%d preemptions", n)
	}
}

// Violations and endless loops before the first visible place are found.
func TestLocalStartsAreJudged(t *testing.T) {
	meet := []toyOp{op("set", 1), op("store", 0)}
	wrong := newToy(meet, meet, []toyOp{op("set", 1), op("assert", 2), op("store", 0)})
	r := search1(t, wrong, Options{})
	require.NotNil(t, r.Found)
	require.Equal(t, "assert", r.Found.Violation.Property)
	sys, _ := wrong.factory()
	require.EqualValues(t, 2, Shrink(context.Background(), sys, *r.Found, 0).Schedule.Steps())

	for _, loop := range [][]toyOp{{op("jmp", 0)}, {op("set", 1), op("set", 0), op("jmp", 0)}} {
		r = search1(t, newToy(meet, loop, meet), Options{})
		require.NotNil(t, r.Found)
		require.Equal(t, NoLivelock, r.Found.Violation.Property)
	}
}

// TestLocalStartsKeepOutcomesOfRandomPrograms does so for random programs.
func TestLocalStartsKeepOutcomesOfRandomPrograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var progs [][]toyOp
		for range rapid.IntRange(2, 3).Draw(t, "actors") {
			var p []toyOp
			for range rapid.IntRange(0, 3).Draw(t, "local") {
				p = append(p, op("add", rapid.IntRange(1, 2).Draw(t, "n")))
			}
			for range rapid.IntRange(0, 3).Draw(t, "length") {
				p = append(p, op(rapid.SampledFrom([]string{"load", "store", "add"}).Draw(t, "op"), rapid.IntRange(0, 1).Draw(t, "variable")))
			}
			progs = append(progs, p)
		}
		s := newToy(progs...)
		sys, _ := s.factory()
		e := Enumerate(context.Background(), sys, 0)
		require.Equal(t, outcomes(e), search1(t, s, Options{}).Outcomes)
	})
}
