package fuzzsearch

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// small is a scenario with a race, and pieces that have no part in it.
func small() *Scenario {
	return &Scenario{Arch: "i386", CPUs: 2, Engine: "none", Tasks: []Task{
		{Label: "c0", Pieces: []Part{plain("movl $5, x"), plain("movl $6, x"), plain("xorl %%ecx, %%ecx")}},
		{Label: "c1", Pieces: []Part{plain("movl $3, y"), plain("movl x, %%eax"), plain("cld")}},
	}}
}

// broken is a system that goes wrong in one way.
type broken struct {
	explore.System
	step func(*explore.Step)
	hash func(uint64) uint64
}

func (b *broken) Tell(a explore.Asked) { b.System.(explore.Teller).Tell(a) }

func (b *broken) Step(actor int) *explore.Step {
	s := b.System.Step(actor)
	if b.step != nil {
		b.step(s)
	}
	return s
}

func (b *broken) Hash() explore.Fingerprint {
	h := b.System.Hash()
	if b.hash != nil {
		h = explore.Fingerprint{b.hash(h[0])}
	}
	return h
}

func (b *broken) EndHash() uint64 {
	if b.hash != nil {
		return b.hash(b.System.EndHash())
	}
	return b.System.EndHash()
}

// reads tells of memory that is read.
func reads(a explore.Access) bool { return a.Loc>>60 == 0 && !a.Write }

// Each comparison notices what it is there for.
func TestBrokenSearchesAreNoticed(t *testing.T) {
	systems := 0
	for name, x := range map[string]struct {
		kind string // what the difference's begins with
		wrap func(explore.System) explore.System
	}{
		"reads are not told of": {"reduction", func(sys explore.System) explore.System {
			return &broken{System: sys, step: func(s *explore.Step) { s.Touched = slices.DeleteFunc(s.Touched, reads) }}
		}},
		"different states have one hash": {"enumeration", func(sys explore.System) explore.System {
			return &broken{System: sys, hash: func(h uint64) uint64 { return h & 3 }}
		}},
		// Which comparison notices is the choice of the pool that systems come from.
		"hashes differ between systems": {"", func(sys explore.System) explore.System {
			systems++
			salt := uint64(systems)
			return &broken{System: sys, hash: func(h uint64) uint64 { return h ^ salt }}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := Small
			c.Wrap = x.wrap
			r := Compare(t.Context(), small(), c)
			noticed := slices.ContainsFunc(r.Differences, func(d Difference) bool { return x.kind == "" || strings.HasPrefix(d.Kind, x.kind+": ") })
			require.True(t, noticed, "%v", r.Differences)
			require.Empty(t, Compare(t.Context(), small(), Small).Differences)
		})
	}
}

// A schedule that does not show what was found is noticed.
func TestReplayIsCompared(t *testing.T) {
	f, _, err := parse(t.Context(), small())
	require.NoError(t, err)
	systems, err := scenario.NewSystems(t.Context(), f, scenario.Options{})
	require.NoError(t, err)
	defer systems.Close()
	found := explore.Found{Violation: explore.Violation{Property: "no-such"}}
	found.Schedule.Append(0, 2)
	x := &trial{ctx: t.Context(), file: f, systems: systems, pool: pool{make: systems.New}, reduced: &explore.Report{Found: &found}}
	defer x.pool.close()
	require.NoError(t, x.replay())
	for _, kind := range []string{"replay: found", "replay: shrunk", "replay: run"} {
		_, ok := x.result.Has(kind)
		require.True(t, ok, kind)
	}
}

// Of a scenario that differs, what has no part in it is left out.
func TestShrink(t *testing.T) {
	c := Small
	c.Wrap = func(sys explore.System) explore.System {
		return &broken{System: sys, step: func(s *explore.Step) { s.Touched = slices.DeleteFunc(s.Touched, reads) }}
	}
	r := Compare(t.Context(), small(), c)
	d, ok := r.Has("reduction: final states")
	require.True(t, ok)
	less, _ := Shrink(t.Context(), small(), d, c)
	require.Equal(t, []Part{plain("movl $6, x")}, less.Tasks[0].Pieces)
	require.Equal(t, []Part{plain("movl x, %%eax")}, less.Tasks[1].Pieces)
}
