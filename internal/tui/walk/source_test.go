package walk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/scenario/kernelworld"
	"trapline/internal/traps"
)

// A move by lines of C stops wherever a vCPU comes to another line, or back to the
// beginning of its own, and nowhere else; backwards at the same moments.
func TestMovesByLinesOfC(t *testing.T) {
	w := newRace(t, false)
	require.NoError(t, w.Record(t.Context(), 2000))
	var k *traps.Kernel
	w.Run.Visit(func(x *kernelworld.World) { k = x.Kernel }, nil)
	lineOf := func(at uint64) string {
		l, ok := k.LineAt(at)
		if !ok {
			return ""
		}
		return fmt.Sprintf("%s:%d in %s", l.File, l.Line, l.Func)
	}
	var want []uint64
	require.NoError(t, w.Goto(t.Context(), 0))
	for w.At() < w.End() {
		_, err := w.Forward(t.Context(), 1)
		require.NoError(t, err)
		ev := w.Event()
		from, to := lineOf(ev.PC), lineOf(ev.After.RIP)
		if to != "" && ev.Kind != emu.StepSpin && (from != to || ev.After.RIP <= ev.PC || ev.Delivery != nil) {
			want = append(want, w.At())
		}
	}
	require.Greater(t, len(want), 100)
	walked := func(d record.Direction, limit uint64) (list []uint64) {
		for {
			require.NoError(t, w.To(t.Context(), d, w.EntersLine))
			if w.At() == limit {
				return list
			}
			list = append(list, w.At())
			m := w.Moment(Look{CPU: w.Event().CPU})
			require.NotNil(t, m.Source)
			lit := 0
			for _, l := range m.Source.Lines {
				if l.Here {
					lit++
					require.Equal(t, lineOf(w.Run.Machine.CPUs[m.CPU].LinearPC()), fmt.Sprintf("%s:%d in %s", m.Source.File, l.Line, m.Source.Func))
					require.Contains(t, l.CPUs, m.CPU)
				}
			}
			require.Equal(t, 1, lit)
		}
	}
	require.NoError(t, w.Goto(t.Context(), 0))
	require.Equal(t, want, walked(record.Forward, w.End()))
	back := walked(record.Backward, 0)
	require.Len(t, back, len(want))
	require.Equal(t, want[0], back[len(back)-1])
}

// A program's kernel has no source.
func TestOnlyCHasSource(t *testing.T) {
	f, err := scenario.Load("xol-slot")
	require.NoError(t, err)
	w, err := Open(t.Context(), f, Options{})
	require.NoError(t, err)
	defer w.Close()
	require.False(t, w.HasSource())
	require.Nil(t, w.Moment(Look{}).Source)
}
