package explore

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTrailsThatDifferAreBothRecorded changes one thing of a trail of two steps
// at a time: the recorder must not take the two for one.
func TestTrailsThatDifferAreBothRecorded(t *testing.T) {
	run := func(r *recorder, actor int, at [2]uint64, steps [2]Step) {
		for i := range steps {
			r.note(place{actor, at[i]}, &steps[i])
		}
		r.end(actor)
	}
	steps := func() [2]Step {
		return [2]Step{
			{Touched: []Access{{Loc: 1, Mask: 1}, {Loc: 2, Mask: 1}}, Watched: []Access{{Loc: 7, Mask: 1}}},
			{Touched: []Access{{Loc: 3, Mask: 1}}},
		}
	}
	change := map[string]func(actor *int, at *[2]uint64, s *[2]Step){
		"actor":              func(actor *int, _ *[2]uint64, _ *[2]Step) { *actor = 1 },
		"place":              func(_ *int, at *[2]uint64, _ *[2]Step) { at[1] = 0x30 },
		"location":           func(_ *int, _ *[2]uint64, s *[2]Step) { s[1].Touched[0].Loc = 4 },
		"bytes":              func(_ *int, _ *[2]uint64, s *[2]Step) { s[0].Touched[0].Mask = 2 },
		"write":              func(_ *int, _ *[2]uint64, s *[2]Step) { s[0].Touched[0].Write = true },
		"add":                func(_ *int, _ *[2]uint64, s *[2]Step) { s[0].Touched[0].Add = true },
		"use of a lock":      func(_ *int, _ *[2]uint64, s *[2]Step) { s[0].Touched[0].Lock = Takes },
		"locks":              func(_ *int, _ *[2]uint64, s *[2]Step) { s[1].Locks = 1 },
		"whose access it is": func(_ *int, _ *[2]uint64, s *[2]Step) { move(&s[0].Touched, &s[1].Touched) },
		"watched":            func(_ *int, _ *[2]uint64, s *[2]Step) { s[0].Watched[0].Loc = 8 },
	}
	for name, f := range change {
		t.Run(name, func(t *testing.T) {
			r := newRecorder(newFacts(nil), nil)
			at := [2]uint64{0x10, 0x20}
			run(r, 0, at, steps())
			n, watched := r.facts.n, len(r.facts.watched)
			run(r, 0, at, steps())
			require.Equal(t, n, r.facts.n, "the same trail again teaches nothing")
			actor, s := 0, steps()
			f(&actor, &at, &s)
			run(r, actor, at, s)
			require.Greater(t, r.facts.n+len(r.facts.watched), n+watched)
		})
	}
}

// move takes the last access of one list to another.
func move(from, to *[]Access) {
	last := len(*from) - 1
	*to = append([]Access{(*from)[last]}, *to...)
	*from = (*from)[:last]
}

func TestPlaceSetIsAMap(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 100, 1000} {
		random := rand.New(rand.NewPCG(1, uint64(n)))
		want := map[place]struct{}{}
		for range n {
			want[place{random.IntN(4), random.Uint64N(uint64(n))}] = struct{}{}
		}
		set := newPlaceSet(want)
		require.Equal(t, len(want), set.n)
		for actor := range 5 {
			for at := range uint64(n + 3) {
				_, in := want[place{actor, at}]
				require.Equal(t, in, set.has(place{actor, at}))
			}
		}
	}
}
