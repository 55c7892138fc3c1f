package walk

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/scenario"
)

// Where there is no room for marks steps are found by looking, the same ones in
// both directions.
func TestStepsWithoutMarksAreFound(t *testing.T) {
	f, err := scenario.Load("smp-missed-probe")
	require.NoError(t, err)
	way := func(marks int, d record.Direction, k record.Kind) (list []uint64) {
		w, err := Open(t.Context(), f, Options{Record: DefaultRecord, Marks: marks})
		require.NoError(t, err)
		defer w.Close()
		require.Equal(t, marks > 0, w.Unmarked() > 0)
		if d == record.Backward {
			require.NoError(t, w.Goto(t.Context(), w.End()))
		}
		for {
			from := w.At()
			found, err := w.ToMark(t.Context(), d, k)
			require.NoError(t, err)
			if !found {
				require.Equal(t, from, w.At())
				return list
			}
			require.True(t, w.MarkedHere(k))
			list = append(list, w.At())
		}
	}
	for _, k := range []record.Kind{Hit, Trap, LockMoved, Patched, Missed} {
		for _, d := range []record.Direction{record.Forward, record.Backward} {
			all := way(0, d, k)
			if k == Hit || k == Trap {
				require.NotEmpty(t, all)
			}
			for _, marks := range []int{1, 7, 20} {
				require.Equal(t, all, way(marks, d, k), "%d marks, kind %d, direction %d", marks, k, d)
			}
		}
	}
}

// A move to a step of a kind that is stopped keeps what it reached.
func TestAStoppedMoveKeepsWhatItReached(t *testing.T) {
	f, err := scenario.Load("smp-missed-probe")
	require.NoError(t, err)
	w, err := Open(t.Context(), f, Options{})
	require.NoError(t, err)
	defer w.Close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	at := uint64(0)
	for range 100_000 {
		found, err := w.ToMark(ctx, record.Forward, Violated)
		if found || err == nil {
			require.Greater(t, at, uint64(0))
			return
		}
		require.ErrorIs(t, err, emu.ErrStopped)
		require.Greater(t, w.At(), at)
		at = w.At()
	}
	t.Fatal("it never ends")
}
