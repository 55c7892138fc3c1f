package explore

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// keeper copies what another actor may write at any time to its scratch memory,
// and back later if it should.
func keeper(back bool) *toy {
	own := []toyOp{op("load", 0), op("store", 4), op("set", 0), op("load", 1), op("store", 3)}
	if back {
		own = append(own, op("load", 4), op("store", 2))
	}
	t := newToy(own, []toyOp{op("set", 5), op("store", 0), op("set", 6), op("store", 1)})
	t.scratch = true
	return t
}

// States that differ in scratch memory which nobody reads are one.
func TestDeadMemoryIsLeftOut(t *testing.T) {
	for back, fewer := range map[bool]bool{false: true, true: false} {
		s := keeper(back)
		with, without := search1(t, s, Options{}), search1(t, s, Options{Without: DeadMemory})
		require.Equal(t, without.Outcomes, with.Outcomes)
		require.Equal(t, fewer, with.States < without.States)
	}
}

// forgets does not tell of reads of scratch memory.
type forgets struct{ *toy }

func (f forgets) Step(a int) *Step {
	s := f.toy.Step(a)
	s.Touched = slices.DeleteFunc(s.Touched, func(x Access) bool { return x.Loc >= PageLocs && !x.Write })
	return s
}

// A read that is not recorded gives a wrong answer, so a search depends on it.
func TestMissingReadsOfScratchMemoryAreNoticed(t *testing.T) {
	s := keeper(true)
	whole := search1(t, s, Options{})
	less, err := Search(context.Background(), func() (System, error) {
		sys, err := s.factory()
		return forgets{sys.(*toy)}, err
	}, Options{KeepOutcomes: true})
	require.NoError(t, err)
	require.Less(t, len(less.Outcomes), len(whole.Outcomes))
}

// TestDeadMemoryKeepsOutcomes: random programs, whose actors keep values in
// scratch memory, their own and at times another's, end as plain enumeration
// says.
func TestDeadMemoryKeepsOutcomes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var progs [][]toyOp
		for a := range rapid.IntRange(2, 3).Draw(t, "actors") {
			variable := rapid.OneOf(rapid.IntRange(0, 1), rapid.Just(4+a), rapid.Just(4+a), rapid.IntRange(4, 5))
			var p []toyOp
			for range rapid.IntRange(1, 6).Draw(t, "length") {
				kind := rapid.SampledFrom([]string{"load", "load", "store", "store", "set", "add", "skip"}).Draw(t, "op")
				switch kind {
				case "load", "store":
					p = append(p, op(kind, variable.Draw(t, "variable")))
				case "skip":
					p = append(p, op("jz", min(len(p)+2, 7)))
				default:
					p = append(p, op(kind, rapid.IntRange(1, 2).Draw(t, "n")))
				}
			}
			for i := range p {
				if p[i].kind == "jz" {
					p[i].n = min(p[i].n, len(p))
				}
			}
			progs = append(progs, p)
		}
		s := newToy(progs...)
		s.scratch = true
		sys, _ := s.factory()
		e := Enumerate(context.Background(), sys, 0)
		for _, jobs := range []int{1, 3} {
			r := search1(t, s, Options{Jobs: jobs})
			require.True(t, r.Exhausted)
			require.Equal(t, outcomes(e), r.Outcomes)
		}
	})
}
