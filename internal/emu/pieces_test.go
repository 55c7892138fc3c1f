package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/unicorn"
)

// Pieces that follow each other in addresses and in frames are found from both sides; others, and what was changed in part, are not.
func TestPiecesAreJoined(t *testing.T) {
	const rw, r = unicorn.ProtRead | unicorn.ProtWrite, unicorn.ProtRead
	s := newPieces()
	s.add(100, piece{10, 50, rw})
	start, ok := s.below(110, piece{5, 60, rw})
	require.True(t, ok)
	require.EqualValues(t, 100, start)
	start, ok = s.above(95, piece{5, 45, rw})
	require.True(t, ok)
	require.EqualValues(t, 100, start)
	for name, p := range map[string]piece{"other frames": {5, 61, rw}, "another permission": {5, 60, r}} {
		_, ok = s.below(110, p)
		require.False(t, ok, name)
	}
	_, ok = s.below(110, piece{mostPages - 10, 60, rw})
	require.True(t, ok)
	for n := uint64(mostPages - 9); n < mostPages; n++ {
		_, ok = s.below(110, piece{n, 60, rw})
		require.False(t, ok, "a piece that is too large")
		_, ok = s.above(100-n, piece{n, 50 - Frame(n), rw})
		require.False(t, ok)
	}
	_, ok = s.below(111, piece{5, 61, rw})
	require.False(t, ok, "a gap")
	s.forget(90, 10)
	require.Len(t, s.from, 1, "it ends ahead of the piece")
	s.forget(109, 1)
	require.Empty(t, s.from)
	require.Empty(t, s.ends)
}
