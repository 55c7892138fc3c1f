package explore

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/sched"
)

// twins is a toy whose actors may be equal. That their programs differ is not
// part of a state, so that only comparing what steps do shows it.
type twins struct {
	*toy
	trusts bool // steps tell nobody's number: nothing is compared
	named  []byte
	met    []int
	actor  int
	renamd func(int) bool
}

func (t *twins) factory() (System, error) {
	n, err := t.toy.factory()
	return &twins{toy: n.(*toy), trusts: t.trusts}, err
}

func (t *twins) Renames() (list []int) {
	for a := range t.progs {
		list = append(list, a)
	}
	return list
}

func (t *twins) Rename(r Renaming) {
	old := t.clone()
	for a := range t.pc {
		t.pc[r.Of(a)], t.reg[r.Of(a)] = old.pc[a], old.reg[a]
		if t.scratch {
			t.vars[4+r.Of(a)] = old.vars[4+a]
		}
	}
	for l, owner := range old.lock {
		if owner > 0 {
			t.lock[l] = r.Of(owner-1) + 1
		}
	}
}

func (t *twins) put(v int) { t.named = binary.AppendVarint(t.named, int64(v)) }

// own puts what is an actor's own.
func (t *twins) own(a int) {
	t.put(t.pc[a])
	t.put(t.reg[a])
	for _, owner := range t.lock {
		t.put(map[bool]int{true: 1}[owner == a+1])
	}
}

func (t *twins) Part(a int) uint64 {
	t.named = t.named[:0]
	t.own(a)
	if t.scratch && (t.dead == nil || !t.dead(a, uint64(t.pc[a])).Has(0)) {
		t.put(t.vars[4+a])
	}
	return maphash.Bytes(toySeed, t.named)
}

func (t *twins) meet(a int) {
	if !slices.Contains(t.met, a) && t.renamd(a) {
		t.met = append(t.met, a)
	}
	t.put(1 + slices.Index(t.met, a))
	if !t.renamd(a) {
		t.put(a)
	}
}

func (t *twins) Before(a int, renamed func(int) bool) {
	t.named, t.met, t.actor, t.renamd = t.named[:0], nil, a, renamed
	t.meet(a)
	t.own(a)
}

func (t *twins) After(before Snapshot, touched, watched []Access) Dependence {
	if t.trusts {
		return Dependence{Exact: true}
	}
	s := before.(toySnapshot)
	for _, x := range slices.Concat(touched, watched) {
		loc := int(x.Loc)
		switch {
		case loc >= PageLocs:
			t.meet(loc/PageLocs - 1)
			t.put(s.vars[loc/PageLocs+3])
		case loc >= 100:
			t.put(loc)
			if owner := s.lock[loc-100]; owner > 0 {
				t.meet(owner - 1)
			}
		default:
			t.put(loc)
			t.put(s.vars[loc])
		}
	}
	return Dependence{Key: maphash.Bytes(toySeed, t.named), Exact: true, Actors: t.met}
}

func searchTwins(t require.TestingT, s *twins, o Options) *Report {
	o.KeepOutcomes, o.EqualPairs = true, true
	r, err := Search(context.Background(), s.factory, o)
	require.NoError(t, err)
	return r
}

func ops(list ...toyOp) []toyOp { return list }

// alone has the steps of actors that are one program.
func alike(n int, p ...toyOp) *twins {
	var progs [][]toyOp
	for range n {
		progs = append(progs, p)
	}
	return &twins{toy: newToy(progs...)}
}

// States in which equal actors have each other's parts are one, and all final
// states are reached all the same.
func TestEqualActorsKeepOutcomes(t *testing.T) {
	for name, s := range map[string]*twins{
		"counter":      alike(4, op("load", 0), op("add", 1), op("store", 0)),
		"locked":       alike(4, op("lock", 0), op("load", 0), op("add", 1), op("store", 0), op("unlock", 0)),
		"takes turns":  alike(3, op("load", 0), op("add", 1), op("store", 0), op("load", 1), op("add", 2), op("store", 1)),
		"names itself": alike(3, op("load", 0), op("me", 0), op("load", 0)),
		"differs":      {toy: newToy(ops(op("load", 0), op("add", 1), op("store", 0)), ops(op("load", 0), op("add", 2), op("store", 0)))},
		"two kinds": {toy: newToy(ops(op("load", 0), op("store", 1)), ops(op("load", 0), op("store", 1)),
			ops(op("set", 7), op("store", 0)), ops(op("set", 7), op("store", 0)))},
	} {
		t.Run(name, func(t *testing.T) {
			with, without := searchTwins(t, s, Options{}), searchTwins(t, s, Options{Without: EqualActors})
			require.True(t, with.Exhausted)
			require.Equal(t, without.Outcomes, with.Outcomes)
			require.Empty(t, without.Equal)
			switch name {
			case "names itself", "differs", "two kinds":
				require.Empty(t, with.Equal)
				require.NotContains(t, with.Verdict().String(), "equal")
			default:
				require.Equal(t, []int{len(s.progs)}, with.Equal)
				require.Less(t, with.States, without.States)
				require.Contains(t, with.Verdict().String(), "equal vCPUs as one)")
			}
			for _, jobs := range []int{2, 4} {
				many := searchTwins(t, s, Options{Jobs: jobs})
				require.Equal(t, with.Verdict(), many.Verdict())
				require.Equal(t, with.Outcomes, many.Outcomes)
				require.Equal(t, with.States, many.States)
			}
		})
	}
}

// What would be wrong to take for equal is noticed by comparing only: where
// nothing is compared, final states get lost.
func TestComparingIsNeeded(t *testing.T) {
	for name, s := range map[string]*twins{
		"names itself": alike(3, op("load", 0), op("me", 0), op("load", 0)),
		"differs":      {toy: newToy(ops(op("load", 0), op("add", 1), op("store", 0)), ops(op("load", 0), op("add", 2), op("store", 0)))},
	} {
		t.Run(name, func(t *testing.T) {
			right := searchTwins(t, s, Options{}).Outcomes
			s.trusts = true
			require.NotEqual(t, right, searchTwins(t, s, Options{}).Outcomes)
		})
	}
}

// What is found has the numbers that actors have where the search starts, and a
// property may tell them apart.
func TestWhatEqualActorsViolate(t *testing.T) {
	s := alike(3, op("load", 0), op("add", 1), op("store", 0), op("load", 1), op("assert", 0), op("set", 5), op("store", 1))
	r := searchTwins(t, s, Options{})
	require.Equal(t, []int{3}, r.Equal)
	require.NotNil(t, r.Found)
	sys, err := s.factory()
	require.NoError(t, err)
	out := Run(sys, sched.NewReplay(r.Found.Schedule), 1000)
	require.NotNil(t, out.Violation)
	require.Equal(t, *out.Violation, r.Found.Violation)
	require.Equal(t, searchTwins(t, s, Options{Without: EqualActors}).Preemptions, r.Preemptions)

	// Only where the last actor wrote last.
	s = alike(3, op("load", 0), op("add", 1), op("store", 0))
	s.never = func(s *toyState) bool { return s.reg[2] == 1 && s.reg[0] == 3 }
	r = searchTwins(t, s, Options{})
	require.Empty(t, r.Equal, "the property tells actors apart")
	require.NotNil(t, r.Found)
}

// TestEqualActorsKeepOutcomesOfRandomPrograms does so for random programs of
// which several actors run the same.
func TestEqualActorsKeepOutcomesOfRandomPrograms(t *testing.T) {
	equal, wrong := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawTwins(t)
		sys, _ := s.factory()
		e := Enumerate(context.Background(), sys, 0)
		o := Options{Jobs: rapid.IntRange(1, 2).Draw(t, "jobs")}
		r := searchTwins(t, s, o)
		require.Equal(t, len(e.Violations) > 0, r.Found != nil)
		if r.Found == nil {
			require.True(t, r.Exhausted)
			require.Equal(t, outcomes(e), r.Outcomes)
		} else {
			require.Equal(t, searchTwins(t, s, Options{Without: EqualActors}).Preemptions, r.Preemptions)
		}
		if len(r.Equal) > 0 {
			equal++
		}
		s.trusts = true
		if !slices.Equal(r.Outcomes, searchTwins(t, s, Options{}).Outcomes) {
			wrong++
		}
	})
	require.Positive(t, equal)
	require.Positive(t, wrong, "without comparing, something is lost")
}

func drawTwins(t *rapid.T) *twins {
	n := rapid.IntRange(2, 4).Draw(t, "actors")
	var kinds, progs [][]toyOp
	for range rapid.IntRange(1, 2).Draw(t, "kinds") {
		var p []toyOp
		for range rapid.IntRange(1, 14/n).Draw(t, "length") {
			kind := rapid.SampledFrom([]string{"load", "load", "store", "store", "add", "add", "set", "jz", "lock", "unlock", "held", "me", "loadat"}).Draw(t, "kind")
			arg := rapid.IntRange(0, 1).Draw(t, "arg")
			if kind == "jz" {
				arg += len(p) + 1 // forwards only
			}
			p = append(p, op(kind, arg))
		}
		kinds = append(kinds, p)
	}
	for range n {
		progs = append(progs, rapid.SampledFrom(kinds).Draw(t, "program"))
	}
	return &twins{toy: newToy(progs...)}
}
