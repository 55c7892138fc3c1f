package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// TestNothingBehindPauseIsFetched puts PAUSE at the end of a page behind which
// there is none, and before bytes that kill the library when it translates them.
func TestNothingBehindPauseIsFetched(t *testing.T) {
	for _, p := range []Processor{Interp, Unicorn} {
		m, c, k := newTaken(t, x86.I386)
		c.Space.processor = p
		require.NoError(t, m.WriteBytes(c.Space, 0x1ffe, []byte{0xf3, 0x90}))
		require.NoError(t, m.WriteBytes(c.Space, 0x1000, []byte{0xf3, 0x90, 0x0f, 0x23, 0xf8}))
		for _, at := range []uint64{0x1ffe, 0x1000} {
			c.RIP = at
			m.Step(0)
			require.Empty(t, k.traps)
			require.Equal(t, at+2, c.RIP)
		}
	}
}
