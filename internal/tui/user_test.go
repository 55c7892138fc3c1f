package tui

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario/programworld"
	"trapline/internal/tui/walk"
)

// U3, U5, U6: a hit walked through by keys, forwards and back, over it, and by
// its last writer.
func TestAUserProbesHitByKeys(t *testing.T) {
	m := open(t, "xol-slot", "", 120, 40)
	press(m, "i")
	require.Equal(t, "handler_chain", m.Walk.Event().Micro.Name)
	hit := m.Walk.At()
	press(m, "right")
	s := shown(t, m)
	require.Contains(t, s, "copy of add")
	require.Contains(t, s, "┃SSTEP ┃")
	require.Contains(t, s, "xol_slot1       held by thread 100")
	require.Contains(t, s, "⚐ stepping hits 1 missed 0  add")
	press(m, "left")
	require.Equal(t, hit, m.Walk.At())
	press(m, "t")
	s = shown(t, m)
	require.Contains(t, s, "TRAP 1 #DB debug")
	require.Contains(t, s, "the trap's frame is not in guest memory")
	require.Contains(t, s, "┃SSTEP_ACK ┃")
	press(m, "O")
	require.Equal(t, "_start+0x5", m.Walk.Place(m.Walk.Event().PC), "back over the whole hit")
	press(m, "end", "w", "=xol_slot1,4", "enter", "F", "F")
	require.Equal(t, "pre_ssout", m.Walk.Event().Micro.Name)
	require.Contains(t, shown(t, m), "stopped: xol_slot1 was written")
}

// K11: a schedule chosen by hand has the other thread run through, and the
// viewer finds where.
func TestAMissedUserProbeByHand(t *testing.T) {
	m := open(t, "threads-inline-miss", "", 120, 40)
	require.False(t, m.HasMark(walk.Missed), "not by turns")
	until := func(key string, there func() bool) {
		for !there() {
			before := m.Walk.At()
			press(m, key)
			require.Greater(t, m.Walk.At(), before, m.Message)
		}
	}
	until("1", func() bool {
		ev := m.Walk.Event()
		return ev != nil && ev.Micro != nil && ev.Micro.Name == "prepare_singlestep"
	})
	var program *programworld.World
	m.Walk.Run.Visit(nil, func(p *programworld.World) { program = p })
	until("2", func() bool { return m.Moment.CPUs[1].At == "target" && !program.KernelNext(1) })
	press(m, "2")
	s := shown(t, m)
	require.Contains(t, s, "runs the probed instruction without a hit")
	require.Contains(t, s, "VIOLATED no-missed-probe")
	require.Contains(t, s, "missed 1")
	miss := m.Walk.At()
	press(m, "home", "s")
	require.Equal(t, miss, m.Walk.At())
	press(m, "r")
	require.Zero(t, m.Walk.Line().ID, "back on the schedule by turns")
}

// The engines of a program follow each other, and stand beside each other.
func TestUserEnginesInTheUI(t *testing.T) {
	m := open(t, "xol-slot", "uprobes", 120, 40)
	press(m, "E", "i", "right")
	require.Equal(t, "uprobes-2005", m.Beside.Engine)
	s := shown(t, m)
	require.Contains(t, s, "xol_slot1")
	require.Contains(t, s, "HIT_SS")
	press(m, "esc", "e", "i", "right")
	require.Equal(t, "uprobes-2005", m.Moment.Engine)
	require.Contains(t, shown(t, m), "copy of add")
}

// A program's processes stand where the IDT stands else, and its output where
// handlers print.
func TestAProgramsOwnPanels(t *testing.T) {
	m := open(t, "cow-two-processes", "", 200, 60)
	press(m, "end")
	for m.Walk.At() > 0 && len(m.Moment.Processes) < 2 {
		press(m, "left")
	}
	s := shown(t, m)
	require.Contains(t, s, "Processes · 2")
	require.Contains(t, s, "zombie")
	require.Contains(t, s, "maps of 100:")
	require.NotContains(t, s, "── IDT")
}
