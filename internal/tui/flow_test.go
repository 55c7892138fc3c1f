package tui

import (
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/scenario"
	"trapline/internal/tui/panel"
	"trapline/internal/tui/quiz"
)

// Forwards and back again leads over the same moments, by every pair of keys.
func TestEveryMoveHasItsWayBack(t *testing.T) {
	for _, pair := range [][2]string{{"right", "left"}, {".", ","}, {"o", "O"}, {"t", "T"}, {"i", "I"}, {"a", "A"}, {"c", "C"}} {
		m := open(t, "fault-in-step", "2002", 80, 24)
		var way []uint64
		for len(way) < 60 {
			before := m.Walk.At()
			press(m, pair[0])
			if m.Walk.At() == before || m.Walk.At() == m.Walk.End() {
				break
			}
			way = append(way, m.Walk.At())
		}
		require.NotEmpty(t, way, "%v", pair)
		require.NoError(t, m.Walk.Goto(t.Context(), way[len(way)-1]))
		for i := len(way) - 2; i >= 0; i-- {
			press(m, pair[1])
			require.Equal(t, way[i], m.Walk.At(), "%v", pair)
		}
	}
}

func TestAWatchpointRunBackwardsStopsAtTheLastWriter(t *testing.T) {
	m := open(t, "first-probe", "2002", 80, 24)
	press(m, "end", "w", "=target,1", "enter", "F")
	require.Equal(t, "write_breakpoint", m.Walk.Event().Micro.Name)
	press(m, "F")
	require.Equal(t, "restore_opcode", m.Walk.Event().Micro.Name)
	press(m, "f")
	require.Equal(t, "write_breakpoint", m.Walk.Event().Micro.Name)
	require.Contains(t, shown(t, m), "stopped: target was written")
}

func TestABreakpointStopsBothWays(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	press(m, "X", "=target+3", "enter", "f")
	addr := m.Walk.Run.Machine.CPUs[0].LinearPC()
	require.Equal(t, "target+0x3", m.Walk.Place(addr))
	press(m, "end", "F")
	require.Equal(t, addr, m.Walk.Run.Machine.CPUs[0].LinearPC())
	require.Contains(t, shown(t, m), "◉")
}

func TestGoToAndBookmarks(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	press(m, "g", "=100", "enter", "m", "g", "=20", "enter", "m", "home", "'")
	require.Equal(t, uint64(20), m.Walk.At())
	press(m, "'")
	require.Equal(t, uint64(100), m.Walk.At())
	press(m, "'")
	require.Equal(t, uint64(20), m.Walk.At(), "round and round")
	press(m, "g", "=nonsense", "enter")
	require.Contains(t, shown(t, m), "expected a number")
}

func TestSearchFindsWordsBothWays(t *testing.T) {
	m := open(t, "first-probe", "2002", 80, 24)
	press(m, "/", "=lock_kprobes", "enter")
	first := m.Walk.At()
	require.Positive(t, first)
	press(m, "n", "N")
	require.Equal(t, first, m.Walk.At())
	press(m, "/", "=no such thing", "enter")
	require.Equal(t, first, m.Walk.At())
	require.Contains(t, shown(t, m), "not found")
}

const twoCPUs = `Two vCPUs.
-- machine --
cpus 2
-- text.S --
	.globl main
main:
	incl %eax
	incl %eax
	incl %eax
	ret
-- tasks --
cpu 0 at main
cpu 1 at main
`

func TestAnotherVCPUStartsABranchAndReturns(t *testing.T) {
	p, err := format.Parse("two.txtar", []byte(twoCPUs))
	require.NoError(t, err)
	m := openFile(t, &scenario.File{File: p}, "", 80, 24)
	next := m.Moment.Turn
	press(m, string(rune('1'+1-next)))
	require.Equal(t, 1, m.Walk.Line().ID)
	require.Contains(t, shown(t, m), "branch 1")
	press(m, "r")
	require.Zero(t, m.Walk.Line().ID)
	require.Equal(t, uint64(0), m.Walk.At())
	press(m, string(rune('1'+next)))
	require.Zero(t, m.Walk.Line().ID, "the recorded choice is no branch")
}

func TestTheMouseScrubsTheTimeline(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	shown(t, m)
	y := 0
	for _, a := range m.areas {
		if a.p == m.set.timeline {
			y = a.y
		}
	}
	m.Update(tea.MouseClickMsg{X: 40, Y: y, Button: tea.MouseLeft})
	middle := m.Walk.At()
	require.InDelta(t, float64(m.Walk.End())/2, float64(middle), 15)
	m.Update(tea.MouseMotionMsg{X: 79, Y: y, Button: tea.MouseLeft})
	require.Equal(t, m.Walk.End(), m.Walk.At())
	m.Update(tea.MouseReleaseMsg{X: 79, Y: y})
	m.Update(tea.MouseMotionMsg{X: 5, Y: y})
	require.Equal(t, m.Walk.End(), m.Walk.At(), "released")
	m.Update(tea.MouseWheelMsg{X: 40, Y: y, Button: tea.MouseWheelUp})
	require.Less(t, m.Walk.At(), m.Walk.End())
}

func TestPlayingStopsAtTheEnd(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	press(m, "space")
	require.True(t, m.play.on)
	for range 100 {
		m.Update(tickMsg(m.play.round))
	}
	require.False(t, m.play.on)
	require.Equal(t, m.Walk.End(), m.Walk.At())
	press(m, "b")
	m.Update(tickMsg(m.play.round - 1))
	require.Equal(t, m.Walk.End(), m.Walk.At(), "a tick of an earlier playing")
	m.Update(tickMsg(m.play.round))
	require.Less(t, m.Walk.At(), m.Walk.End())
}

func TestEngineSwitchAndCompare(t *testing.T) {
	m := open(t, "first-probe", "2002", 120, 40)
	press(m, "e")
	require.NotEqual(t, "2002", m.Moment.Engine)
	press(m, "E", "i")
	require.NotNil(t, m.Other)
	require.NotEqual(t, m.Moment.Engine, m.Beside.Engine)
	press(m, "esc")
	require.Nil(t, m.Other)
}

// The help shows only what is possible, and every key in it does something
// without an apology.
func TestHelpShowsOnlyWhatIsPossible(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	for _, c := range commands() {
		if !m.possible(&c) || c.name == "quit" {
			continue
		}
		press(m, c.keys[0])
		require.NotContains(t, m.Message, "not possible", c.name)
		press(m, "esc", "home")
		m = open(t, "first-probe", "", 80, 24)
	}
	require.NotContains(t, shown(t, m), "← back", "nothing to go back to at the start")
}

func TestNoKeyHasTwoMeanings(t *testing.T) {
	seen := map[string]string{}
	for _, c := range commands() {
		for _, k := range c.keys {
			require.Empty(t, seen[k], "%s: %s and %s", k, seen[k], c.name)
			seen[k] = c.name
		}
	}
}

func TestTheQuizAsksAndJudges(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	m.quiz.Questions = []quiz.Question{{Text: "Which byte?", Answers: []string{"0xcc"}, Because: "It is int3."}}
	press(m, "y", "=83", "enter")
	require.Contains(t, shown(t, m), "Not that")
	press(m, "=CC", "enter")
	require.Contains(t, shown(t, m), "Right. It is int3.")
}

// What does not fit of the reasons can be read whole.
func TestAllOfWhyCanBeRead(t *testing.T) {
	m := open(t, "user-int3-swallowed", "", 80, 24)
	press(m, "t", "t")
	require.Contains(t, shown(t, m), "W shows all")
	require.NotContains(t, shown(t, m), "the old stack")
	press(m, "W")
	s := shown(t, m)
	for _, part := range []string{"P2", "P5"} {
		require.Contains(t, s, part)
	}
	golden(t, "why-80x24", s)
	press(m, "right")
	require.NotContains(t, shown(t, m), "┏━ Why", "any key goes back")
}

func TestTheMouseScrubsEitherTimelineOfAComparison(t *testing.T) {
	m := open(t, "first-probe", "2002", 120, 40)
	press(m, "E")
	shown(t, m)
	for _, a := range m.areas {
		if p, ok := a.p.(*panel.Timeline); ok {
			m.Update(tea.MouseClickMsg{X: a.x + a.w/2, Y: a.y, Button: tea.MouseLeft})
			m.Update(tea.MouseReleaseMsg{X: a.x + a.w/2, Y: a.y})
			require.Equal(t, p.Moment(a.w/2), m.Walk.At())
			require.Equal(t, m.Walk.At(), m.Other.At(), "both go there")
		}
	}
}

func TestTheWheelScrollsTheHelp(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	press(m, "?")
	before := shown(t, m)
	m.Update(tea.MouseWheelMsg{X: 40, Y: 10, Button: tea.MouseWheelDown})
	require.NotEqual(t, before, shown(t, m))
	m.Update(tea.MouseWheelMsg{X: 40, Y: 10, Button: tea.MouseWheelUp})
	require.Equal(t, before, shown(t, m))
	press(m, "pgdown", "pgdown", "pgdown", "pgdown", "pgdown")
	require.Contains(t, shown(t, m), "Mouse: drag along the timeline", "the end of it")
}
