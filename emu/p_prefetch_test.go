package emu

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestP13PrefetchWindow: a store by another vCPU into code that was fetched
// ahead is not seen until a taken branch; without a window it is seen at once.
func TestP13PrefetchWindow(t *testing.T) {
	for _, window := range []int{0, 16} {
		m, c := newTest(t, I386,
			0x90,    // 0 nop
			0xb0, 1, // 1 mov $1,%al
			0xeb, 0xfc, // 3 jmp 1
		)
		m.prefetch = window
		at := c.LinearPC()
		al := func() uint64 { m.Step(0); return c.Reg(RAX) & 0xff }
		m.Step(0)
		before := m.Snapshot()
		require.True(t, m.PokeWord(c.Space, at+2, 1, 2)) // the other vCPU's store
		stale := map[bool]uint64{true: 1, false: 2}[window > 0]
		require.Equal(t, stale, al())
		var b [1]byte
		c.Space.Peek(at+2, b[:])
		require.EqualValues(t, 2, b[0], "memory keeps the store")
		m.Step(0) // jmp
		require.EqualValues(t, 2, al(), "a taken branch empties the window")
		m.Restore(before)
		require.True(t, m.PokeWord(c.Space, at+2, 1, 2))
		require.Equal(t, stale, al(), "the window is part of the snapshot")
	}
	_, err := New(Config{Arch: I386, CPUs: 1, Prefetch: MaxPrefetch + 1})
	require.ErrorContains(t, err, "expected 0 to 32")
}
