package tui

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

// Every built-in scenario, kernel code with kernel text and without: the screen
// is whole at the start, at each kind of mark, and at the end.
func TestEveryScenarioInTheUI(t *testing.T) {
	for _, name := range scenario.Names() {
		f, err := scenario.Load(name)
		require.NoError(t, err)
		for _, direct := range []bool{false, true} {
			if direct && f.Linux != nil { // its kernel has no text
				continue
			}
			o := Options{Options: walk.Options{Options: scenario.Options{Direct: direct}, Record: walk.DefaultRecord}}
			m, err := newModel(t.Context(), f, o)
			if err != nil {
				require.True(t, direct, "%s: %v", name, err) // some probe kernel text
				continue
			}
			for _, key := range []string{"right", "t", "i", "tab", "s", "c", "v", "z", "tab", "end", "left", "p", "T", "p", "E", "right", "esc"} {
				press(m, key)
				shown(t, m)
			}
			m.Close()
		}
	}
}

// Pairs of kinds: the next one and back to the one before.
func TestMovesByKind(t *testing.T) {
	for _, x := range []struct {
		scenario, on, back string
		kind               string
	}{
		{"lock-convoy", "c", "C", "◇"}, {"reentry-lost", "v", "V", "✗"}, {"reentry-lost", "s", "S", "○"}, {"rep-and-tf", "i", "I", "●"}, {"first-probe", "a", "A", "◦"},
	} {
		m := open(t, x.scenario, "2002", 120, 40)
		press(m, x.on)
		first := m.Walk.At()
		require.Positive(t, first, "%s", x.on)
		press(m, x.on)
		second := m.Walk.At()
		require.Greater(t, second, first, "%s %s", x.scenario, x.on)
		press(m, x.back)
		require.Equal(t, first, m.Walk.At(), "%s %s", x.scenario, x.back)
		press(m, x.back)
		require.Equal(t, first, m.Walk.At(), "%s: none before, so it stays", x.back)
		require.Contains(t, shown(t, m), "before here")
	}
}

func TestGoingRoundTheBranches(t *testing.T) {
	m := open(t, "smp-missed-probe", "", 80, 24)
	press(m, "1", ".", "r", "2", "2") // two branches, of the first moments
	require.Len(t, m.Walk.Lines(), 3)
	seen := map[int]bool{}
	for range 3 {
		press(m, "R")
		seen[m.Walk.Line().ID] = true
	}
	require.Len(t, seen, 3)
}
