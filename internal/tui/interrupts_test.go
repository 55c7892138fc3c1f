package tui

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// S1: an interrupt without a place is raised where the viewer wants it, which
// is a branch, and going back over it and on again is exact.
func TestAnInterruptIsRaisedWhereTheViewerWantsIt(t *testing.T) {
	m := open(t, "timer-during-step", "", 80, 24)
	press(m, "right", "tab", "tab", "tab", "tab", "tab", "tab")
	require.Equal(t, 1, m.Moment.Turn, "the tick comes after the first step, as in a run without a schedule")
	require.Contains(t, shown(t, m), "timer on cpu0 next")

	press(m, "1") // cpu0 goes on instead
	require.Equal(t, 1, m.Walk.Line().ID)
	require.Contains(t, shown(t, m), "timer on cpu0 can be raised")
	press(m, "/", "=hit_ss", "enter", "0", "2")
	require.Contains(t, shown(t, m), "the timer interrupt (vector 0x20) is raised")
	require.Contains(t, shown(t, m), "timer on cpu0 was raised")
	at, hash := m.Walk.At(), m.Walk.Hash()
	press(m, "2")
	require.Equal(t, at, m.Walk.At(), "only once")
	require.Contains(t, shown(t, m), "timer on cpu0 cannot go on now")

	press(m, "left")
	require.Contains(t, shown(t, m), "timer on cpu0 next", "not raised any more; the recording has it next")
	press(m, "right")
	require.Equal(t, hash, m.Walk.Hash())
	press(m, "t", "t", "t", "t")
	require.Equal(t, x86.Vector(0x20), m.Walk.Event().Delivery.Trap.Vector, "taken in the end (K4: not in the step)")
	press(m, "T")
	require.Equal(t, x86.VecDB, m.Walk.Event().Delivery.Trap.Vector)
	press(m, "end", "r")
	require.Zero(t, m.Walk.Line().ID)
}

func TestTheChooserTakesItsLine(t *testing.T) {
	m := open(t, "smp-missed-probe", "", 80, 24)
	first := m.Moment.Turn
	press(m, "0")
	require.Contains(t, shown(t, m), "Who goes next")
	press(m, "up", "up", "down", "up", "enter")
	require.Equal(t, uint64(1), m.Walk.At())
	require.Equal(t, 0, m.Walk.Event().CPU)
	require.Equal(t, 1, first)
	press(m, "9")
	require.Contains(t, shown(t, m), "only 2 to choose from")
}
