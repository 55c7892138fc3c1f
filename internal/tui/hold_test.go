package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"trapline/docs"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

// Lesson 10 by keys: hold the one, let the other take its breakpoint out, let
// the first go.
func TestAMissInAFewKeys(t *testing.T) {
	m := open(t, "smp-missed-probe", "", 80, 24)
	press(m, "H")
	require.Contains(t, shown(t, m), "cpu1 is held: moves forwards are the others'")
	require.Contains(t, shown(t, m), "held: cpu1")
	press(m, "a", "2")
	require.EqualValues(t, 1, m.Walk.Run.ProbeEnds()[0].Missed)
	require.Contains(t, shown(t, m), "✗1")
}

// A held vCPU takes no step of any move forwards, and those of others are made
// in turn; backwards everything is as it was.
func TestAHeldCPUStays(t *testing.T) {
	for _, key := range []string{"right", ".", "o", "t", "i", "end"} {
		m := open(t, "lock-convoy", "", 80, 24)
		press(m, ".", ".", ".", ".", ".")
		at := func(cpu int) uint64 { return m.Walk.Run.Machine.CPUs[cpu].Retired }
		press(m, "u")
		held := m.Moment.CPU
		before, from := [3]uint64{at(0), at(1), at(2)}, m.Walk.At()
		press(m, "H", key, key)
		require.Equal(t, before[held], at(held), key)
		require.Greater(t, m.Walk.At(), from, key)
		m.GoTo(from)
		require.Equal(t, before, [3]uint64{at(0), at(1), at(2)}, key)
		m.Look.CPU = held
		m.Refresh()
		press(m, "H")
		require.Contains(t, shown(t, m), "is let go")
		require.Zero(t, m.Held)
	}
}

// Where everybody who is not held waits for one who is, a move ends and says so.
func TestAMoveThatOnlyWaitsEnds(t *testing.T) {
	m := open(t, "smp-missed-probe", "", 80, 24)
	press(m, "H", "a") // cpu0 has the lock
	m.Look.CPU = 0
	m.Refresh()
	press(m, "H")
	require.Contains(t, shown(t, m), "held: cpu0 cpu1")
	require.Contains(t, shown(t, m), "cpu0 is held as well: nobody moves forwards")
	press(m, "right")
	require.Contains(t, shown(t, m), "who is not held cannot go on")
	m.Look.CPU = 1
	m.Refresh()
	m.Walk.Run.File.Machine.Steps = 1 << 20
	press(m, "H", "end")
	require.Contains(t, shown(t, m), "held: cpu0 i386")
}

// L is the shown vCPU's next step of the story, nobody else's.
func TestOneCPUsOwnLine(t *testing.T) {
	m := open(t, "lock-convoy", "", 80, 24)
	m.Look.CPU = 2
	m.Refresh()
	for range 5 {
		before := [2]uint64{m.Walk.Run.Machine.CPUs[0].Retired, m.Walk.Run.Machine.CPUs[1].Retired}
		press(m, "L")
		require.Equal(t, 2, m.Moment.CPU)
		require.True(t, m.Walk.Told(m.Walk.Event()))
		require.Equal(t, before, [2]uint64{m.Walk.Run.Machine.CPUs[0].Retired, m.Walk.Run.Machine.CPUs[1].Retired})
	}
}

// K shows the rows that the step cites, or asks for one.
func TestRowsAreExplained(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	press(m, "K", "=q9", "enter")
	require.Contains(t, shown(t, m), "no row q9")
	press(m, "backspace", "backspace", "=k4", "enter")
	require.Contains(t, shown(t, m), "K4  "+docs.Find("K4").Title)
	press(m, "esc", "t", "K")
	s := shown(t, m)
	require.Contains(t, s, "P1  "+docs.Find("P1").Title)
	golden(t, "explain-80x24", s)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 16})
	press(m, "down")
	require.NotContains(t, shown(t, m), "P1  "+docs.Find("P1").Title)
	press(m, "K", "=u3", "enter")
	require.Contains(t, shown(t, m), "U3  "+docs.Find("U3").Title)
	press(m, "esc")
	require.NotContains(t, shown(t, m), "┏━ What the row")
}

// At 80 by 24 every scenario shows what it is about, the ring and the flags at
// its start, whatever panel Tab has chosen.
func TestTitleRingAndFlagsAreAlwaysVisible(t *testing.T) {
	for _, name := range scenario.Names() {
		f, err := scenario.Load(name)
		require.NoError(t, err)
		m, err := newModel(t.Context(), f, Options{Options: walk.Options{Record: 10}})
		require.NoError(t, err)
		m.w, m.h = 80, 24
		press(m, ".", ".", ".", "tab")
		s := shown(t, m)
		head := strings.Split(s, "\n")
		glue := func(s string) string { return strings.Join(strings.Fields(s), "") }
		right := m.headerRight()
		title := strings.TrimSuffix(strings.TrimRight(head[0], " "), strings.TrimRight(right, " ")) + head[1]
		require.Contains(t, glue(title), glue(f.Title()), "%s: %s", name, head[:2])
		state := strings.TrimRight(m.state(), " ")
		if len([]rune(state)) < 24 {
			require.Contains(t, s, state, name)
		}
		require.Contains(t, s, "ring", name)
		m.Close()
	}
}
