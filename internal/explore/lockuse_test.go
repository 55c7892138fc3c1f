package explore

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Critical sections of one lock are run whole: nobody else asks while it is held.
func TestLocksAreReleasedInOneOrder(t *testing.T) {
	s := newToy(locked(0, incr(0)...), locked(0, incr(0)...), locked(0, incr(0)...))
	with, without := search1(t, s, Options{}), search1(t, s, Options{Without: LockReleases})
	require.Equal(t, without.Outcomes, with.Outcomes)
	require.Less(t, with.States, without.States)
}

// Code that asks whether a lock is held sees it held. If it is taken for code
// that can only wait, what follows from that is missing.
func TestWhoAsksForALockIsNotWhoTakesIt(t *testing.T) {
	ends := map[LockUse]int{}
	for _, u := range []LockUse{NoLock, Takes} {
		s := newToy(locked(0, op("set", 1), op("add", 1)), []toyOp{op("held", 0)})
		s.asks = u
		sys, _ := s.factory()
		e := Enumerate(context.Background(), sys, 0)
		require.Len(t, e.Outcomes, 2)
		ends[u] = len(search1(t, s, Options{}).Outcomes)
	}
	require.Equal(t, map[LockUse]int{NoLock: 2, Takes: 1}, ends)
}

// TestLockUsesKeepOutcomes: random programs with locks, whose words others ask
// for and at times free without owning them, end as plain enumeration says.
func TestLockUsesKeepOutcomes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var progs [][]toyOp
		n := rapid.IntRange(2, 3).Draw(t, "actors")
		for range n {
			var p []toyOp
			for range rapid.IntRange(1, 4-n).Draw(t, "parts") {
				body := []toyOp{op(rapid.SampledFrom([]string{"load", "store", "add", "held"}).Draw(t, "op"), rapid.IntRange(0, 1).Draw(t, "n"))}
				switch rapid.IntRange(0, 4).Draw(t, "part") {
				case 0:
				case 1:
					body = []toyOp{op("unlock", 0)}
				case 2:
					body = locked(1, locked(0, body...)...)
				default:
					body = locked(rapid.IntRange(0, 1).Draw(t, "lock"), body...)
				}
				p = append(p, body...)
			}
			progs = append(progs, p)
		}
		s := newToy(progs...)
		sys, _ := s.factory()
		e := Enumerate(context.Background(), sys, 0)
		r := search1(t, s, Options{})
		require.Equal(t, len(e.Violations) > 0, r.Found != nil)
		if r.Found == nil {
			require.Equal(t, outcomes(e), r.Outcomes)
		}
	})
}
