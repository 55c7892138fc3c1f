package explore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "trapline/internal/explore"
	"trapline/internal/rigs/crewtest"
)

// divided searches by a crew and by one worker, and compares.
func divided(rt require.TestingT, seed uint64, factory func() (System, error), o Options) *crewtest.Crew {
	o.KeepOutcomes, o.Certify = true, true
	one, err := Search(context.Background(), factory, o)
	require.NoError(rt, err)
	c := crewtest.New(seed, 3, factory)
	defer c.Close()
	o.Crew = c
	many, err := Search(context.Background(), factory, o)
	require.NoError(rt, err)
	require.Equal(rt, one.Found, many.Found)
	require.Zero(rt, many.Certificate)
	require.Equal(rt, one.Verdict().String(), many.Verdict().String())
	if one.Found == nil && one.Exhausted {
		require.Equal(rt, one.Outcomes, many.Outcomes)
		require.Equal(rt, one.States, many.States)
	}
	return c
}

// TestDividedSearchesAreWhole: whatever happens to tasks and yields, a crew shows
// what one worker does, the schedule that is found included.
func TestDividedSearchesAreWhole(t *testing.T) {
	made := 0
	for name, draw := range map[string]func(*rapid.T) *Toy{"programs": DrawToy, "loops": DrawLoops} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				s := draw(rt)
				s.SetScratch(rapid.Bool().Draw(rt, "scratch"))
				o := Options{}
				if n := rapid.IntRange(-1, 3).Draw(rt, "bound"); n >= 0 {
					o.Bounds.Preemptions = AtMost(n)
				}
				made += divided(rt, rapid.Uint64().Draw(rt, "seed"), s.Factory, o).Made
			})
		})
	}
	s := NewToy(Incr(0), Incr(0), append(Incr(0), Incr(1)...), append(Incr(1), Incr(0)...))
	for seed := range uint64(10) {
		made += divided(t, seed, s.Factory, Options{}).Made
		made += divided(t, seed, Keepers(s, false), Options{}).Made
	}
	for _, property := range []string{"never", NoDeadlock} {
		s.EndsWrong(property, 1) // a lost update
		for seed := range uint64(10) {
			made += divided(t, seed, s.Factory, Options{}).Made
		}
	}
	require.Greater(t, made, 1000)
}

func search(t *testing.T, s *Toy) *Report {
	r, err := Search(context.Background(), s.Factory, Options{KeepOutcomes: true})
	require.NoError(t, err)
	return r
}

// TestDividedSearchesNoticeLosses: what members leave out of a yield is missed.
func TestDividedSearchesNoticeLosses(t *testing.T) {
	s := NewToy(Incr(0), Incr(0), append(Incr(0), Incr(1)...), append(Incr(1), Incr(0)...))
	one := search(t, s)
	for name, spoil := range map[string]func(*Yield){
		"what is for the next level": func(y *Yield) { y.Next = nil },
		"ends":                       func(y *Yield) { y.Ends = nil },
		"edges":                      func(y *Yield) { y.Edges, y.Now, y.Next = nil, nil, nil },
		"lessons":                    func(y *Yield) { y.Lessons = nil },
	} {
		t.Run(name, func(t *testing.T) {
			c := crewtest.New(1, 3, s.Factory)
			defer c.Close()
			c.Spoil = spoil
			r, err := Search(context.Background(), s.Factory, Options{KeepOutcomes: true, Crew: c})
			if err == nil && name != "lessons" {
				require.NotEqual(t, one.Outcomes, r.Outcomes)
			}
		})
	}
	c := crewtest.New(1, 3, NewToy(Incr(1), Incr(0), Incr(0), Incr(1)).Factory)
	defer c.Close()
	_, err := Search(context.Background(), s.Factory, Options{Crew: c})
	require.ErrorIs(t, err, ErrSystem)
}
