package record_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/record"
)

// A search that is stopped stays where it got, and the next one goes on from there:
// no step is looked at twice forwards, and backwards none is left out.
func TestAStoppedSearchGoesOn(t *testing.T) {
	_, l := openText(t, interruptions)
	require.NoError(t, l.Record(t.Context(), 100_000))
	end := l.End()
	require.Greater(t, end, uint64(2000))
	for _, d := range []record.Direction{record.Forward, record.Backward} {
		from := map[record.Direction]uint64{record.Forward: 0, record.Backward: end}[d]
		require.NoError(t, l.Goto(t.Context(), from))
		seen := map[uint64]int{}
		stops := 0
		for {
			ctx, stop := context.WithCancel(t.Context())
			n := 0
			found, err := l.Search(ctx, d, func(*emu.Event) bool {
				seen[l.At()]++
				if n++; n == 600 {
					stop()
				}
				return false
			})
			stop()
			require.False(t, found)
			if err == nil {
				break
			}
			require.ErrorIs(t, err, emu.ErrStopped)
			stops++
			require.Less(t, stops, 100)
			if d == record.Backward {
				for at := l.At(); at < end; at++ {
					require.NotZero(t, seen[at], "step %d is passed and was not looked at", at)
				}
			}
		}
		require.Greater(t, stops, 1)
		for at := uint64(1); at < end; at++ {
			require.NotZero(t, seen[at], "step %d", at)
			if d == record.Forward {
				require.Equal(t, 1, seen[at], "step %d", at)
			}
		}
	}
}
