package scenario

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/scenario/programworld"
)

// TestTextsDecideNothing searches every built-in race with all texts of its
// events exchanged before anything looks at them: what is found, which steps
// commute and how many states there are do not depend on a word.
func TestTextsDecideNothing(t *testing.T) {
	list, err := Library()
	require.NoError(t, err)
	for _, b := range list {
		if b.Group != "races" {
			continue
		}
		t.Run(b.Name, func(t *testing.T) {
			var found [2]*explore.Report
			for i, change := range []bool{false, true} {
				found[i] = searchTexts(t, b.Name, change)
			}
			plain, changed := found[0], found[1]
			require.Equal(t, plain.Found == nil, changed.Found == nil)
			if f := plain.Found; f != nil {
				require.Equal(t, f.Schedule, changed.Found.Schedule)
				require.Equal(t, f.Violation.Property, changed.Found.Violation.Property)
				require.Equal(t, f.Violation.ID, changed.Found.Violation.ID, "the row")
			}
			require.Equal(t, plain.Outcomes, changed.Outcomes)
			require.Equal(t, []any{plain.Exhausted, plain.Cut, plain.States, plain.Schedules, plain.Places},
				[]any{changed.Exhausted, changed.Cut, changed.States, changed.Schedules, changed.Places})
		})
	}
}

func searchTexts(t *testing.T, name string, change bool) *explore.Report {
	t.Helper()
	f, err := Load(name)
	require.NoError(t, err)
	s, err := NewSystems(context.Background(), f, Options{})
	require.NoError(t, err)
	defer s.Close()
	open := func() (explore.System, error) {
		sys, err := s.New()
		if err == nil && change {
			exchangeTexts(sys)
		}
		return sys, err
	}
	r, err := explore.Search(context.Background(), open, explore.Options{KeepOutcomes: true, Bounds: explore.Bounds{States: 20_000}})
	require.NoError(t, err)
	return r
}

// exchangeTexts makes a system's events say something else.
func exchangeTexts(sys explore.System) {
	m, ok := sys.(*explore.Machine)
	if !ok {
		m = sys.(*programworld.System).Machine
	}
	m.M.Quiet = false // somebody reads the words
	observe := m.Observe
	m.Observe = func(ev *emu.Event) {
		if u := ev.Micro; u != nil {
			u.Name, u.In, u.Why, u.Holds = "renamed", "elsewhere", "for another reason", "something"
		}
		for i := range ev.Notes {
			ev.Notes[i].Text = "other words"
		}
		if d := ev.Delivery; d != nil {
			for i := range d.Frame {
				d.Frame[i].Name = "word"
			}
		}
		observe(ev)
	}
}
