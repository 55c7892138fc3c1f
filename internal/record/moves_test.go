package record

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// counting is a machine whose steps do nothing.
type counting struct{}

func (counting) Next() (int, bool)       { return 0, true }
func (counting) Can(int) bool            { return true }
func (counting) Step(cpu int) *emu.Event { return &emu.Event{CPU: cpu} }

// A recorded step is made again by its own actor, and a line is left before its end.
func TestMovesOfATimeline(t *testing.T) {
	m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 2})
	require.NoError(t, err)
	defer m.Close()
	l := New(m, counting{}, Options{})
	require.Panics(t, l.fork, "nothing is recorded that a branch would leave")
	require.NoError(t, l.Take(0))
	require.NoError(t, l.Take(1))
	require.Panics(t, l.fork)
	require.NoError(t, l.Goto(t.Context(), 0))
	require.Panics(t, func() { l.step(1) })
	require.Len(t, l.Lines(), 1)
	l.step(0)
	require.Equal(t, uint64(1), l.At())
	l.fork()
	l.step(0)
	require.Len(t, l.Lines(), 2)
}
