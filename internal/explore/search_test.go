package explore

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// incr adds to variable v without a lock.
func incr(v int) []toyOp { return []toyOp{op("load", v), op("add", 1), op("store", v)} }

func locked(l int, body ...toyOp) []toyOp {
	return slices.Concat([]toyOp{op("lock", l)}, body, []toyOp{op("unlock", l)})
}

// systems are small programs with a known kind of interference each.
var systems = map[string]*toy{
	"independent":       newToy(incr(0), incr(1), incr(2)),
	"lost update":       newToy(incr(0), incr(0)),
	"lost update of 3":  newToy(incr(0), incr(0), incr(0)),
	"locked update":     newToy(locked(0, incr(0)...), locked(0, incr(0)...)),
	"locked and not":    newToy(locked(0, incr(0)...), incr(0)),
	"store buffering":   newToy([]toyOp{op("set", 1), op("store", 0), op("load", 1), op("store", 4)}, []toyOp{op("set", 1), op("store", 1), op("load", 0), op("store", 5)}),
	"message passing":   newToy([]toyOp{op("set", 7), op("store", 0), op("set", 1), op("store", 1)}, []toyOp{op("load", 1), op("jz", 3), op("load", 0), op("store", 4)}),
	"data as address":   newToy([]toyOp{op("set", 3), op("store", 0)}, []toyOp{op("load", 0), op("loadat", 0), op("store", 4)}, []toyOp{op("set", 9), op("store", 3), op("store", 2)}),
	"broken lock":       newToy(locked(0, incr(0)...), append(locked(0, incr(0)...), op("unlock", 0)), locked(0, incr(0)...)),
	"nested locks":      newToy(locked(0, locked(1, incr(0)...)...), locked(0, locked(1, incr(0)...)...)),
	"abba":              newToy(locked(0, locked(1, incr(0)...)...), locked(1, locked(0, incr(0)...)...)),
	"two chains":        newToy(append(incr(0), incr(1)...), append(incr(1), incr(2)...)),
	"last write wins":   newToy([]toyOp{op("set", 1), op("store", 0), op("store", 1)}, []toyOp{op("set", 2), op("store", 0), op("store", 1)}),
	"wait for a flag":   newToy([]toyOp{op("load", 0), op("jz", 0), op("store", 1)}, []toyOp{op("set", 5), op("store", 0)}),
	"different locks":   newToy(locked(0, incr(0)...), locked(1, incr(0)...)),
	"lock then outside": newToy(append(locked(0, incr(0)...), op("load", 1), op("store", 2)), append(locked(0, incr(1)...), op("load", 0), op("store", 3))),
}

func search1(t require.TestingT, s *toy, o Options) *Report {
	o.KeepOutcomes = true
	r, err := Search(context.Background(), s.factory, o)
	require.NoError(t, err)
	return r
}

func outcomes(e *Enumeration) []uint64 { return slices.Sorted(maps.Keys(e.Outcomes)) }

// TestReductionKeepsOutcomes: what the search reaches is what plain
// enumeration reaches.
func TestReductionKeepsOutcomes(t *testing.T) {
	for name, s := range systems {
		t.Run(name, func(t *testing.T) {
			sys, _ := s.factory()
			e := Enumerate(context.Background(), sys, 0)
			if name != "wait for a flag" { // has no longest execution
				require.True(t, e.Complete)
			}
			r := search1(t, s, Options{})
			if len(e.Violations) > 0 {
				require.NotNil(t, r.Found)
				require.Contains(t, e.Violations, r.Found.Violation.Property)
				return
			}
			require.Nil(t, r.Found)
			require.True(t, r.Exhausted)
			require.Equal(t, outcomes(e), r.Outcomes)
			require.LessOrEqual(t, r.Executions, e.Executions)
			if all := search1(t, s, Options{NoReduction: true}); e.Complete {
				require.EqualValues(t, e.Executions, all.Interleavings)
			}
		})
	}
}

// TestBrokenDependenceIsNoticed: relations that leave something out give
// other outcomes on some system, so the comparison above would catch them.
func TestBrokenDependenceIsNoticed(t *testing.T) {
	broken := map[string]func(a, b Access) bool{
		"nothing is dependent": func(a, b Access) bool { return false },
		"writes only":          func(a, b Access) bool { return a.Mask&b.Mask != 0 && a.Write && b.Write },
		"reads with writes":    func(a, b Access) bool { return a.Mask&b.Mask != 0 && a.Write != b.Write },
	}
	for name, d := range broken {
		t.Run(name, func(t *testing.T) {
			noticed := 0
			for _, s := range systems {
				sys, _ := s.factory()
				e := Enumerate(context.Background(), sys, 0)
				r := search1(t, s, Options{dependence: d})
				if (r.Found == nil) != (len(e.Violations) == 0) || r.Found == nil && !slices.Equal(outcomes(e), r.Outcomes) {
					noticed++
				}
			}
			require.Positive(t, noticed)
		})
	}
}

func drawToy(t *rapid.T) *toy {
	n := rapid.IntRange(2, 3).Draw(t, "actors")
	progs := make([][]toyOp, n)
	for i := range progs {
		k := rapid.IntRange(1, 14/n).Draw(t, "length")
		for range k {
			kind := rapid.SampledFrom([]string{"load", "store", "set", "add", "jz", "loadat", "lock", "unlock"}).Draw(t, "kind")
			arg := rapid.IntRange(0, 2).Draw(t, "arg")
			switch kind {
			case "lock", "unlock":
				arg &= 1
			case "jz":
				arg += len(progs[i]) + 1 // forwards only
			}
			progs[i] = append(progs[i], op(kind, arg))
		}
	}
	return newToy(progs...)
}

// TestReductionKeepsOutcomesOfRandomPrograms is the same for programs that
// nobody thought of, with double unlocks and locks never released.
func TestReductionKeepsOutcomesOfRandomPrograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawToy(t)
		sys, _ := s.factory()
		e := Enumerate(context.Background(), sys, 0)
		r := search1(t, s, Options{Jobs: rapid.IntRange(1, 2).Draw(t, "jobs")})
		require.Equal(t, len(e.Violations) > 0, r.Found != nil)
		if r.Found == nil {
			require.True(t, r.Exhausted)
			require.Equal(t, outcomes(e), r.Outcomes)
		}
	})
}

func TestPreemptionsAreFewest(t *testing.T) {
	s := systems["abba"]
	r := search1(t, s, Options{})
	require.Equal(t, NoDeadlock, r.Found.Violation.Property)
	sys, _ := s.factory()
	e := Enumerate(context.Background(), sys, 0)
	require.Equal(t, e.Found.Switches(), r.Found.Schedule.Switches())
}

// TestSnapshotsAreMadeAgain: with room for none, a search shows the same.
func TestSnapshotsAreMadeAgain(t *testing.T) {
	again := uint64(0)
	rapid.Check(t, func(t *rapid.T) {
		s := drawToy(t)
		o := Options{KeepOutcomes: true, Jobs: rapid.IntRange(1, 2).Draw(t, "jobs")}
		whole := search1(t, s, o)
		o.Bounds.Memory, o.Needed = 1, func() int { return 0 }
		less := search1(t, s, o)
		require.Equal(t, whole.Found, less.Found)
		require.Equal(t, whole.Verdict().String(), less.Verdict().String())
		require.Equal(t, whole.Outcomes, less.Outcomes)
		again += less.Remade
	})
	require.Positive(t, again)
}
