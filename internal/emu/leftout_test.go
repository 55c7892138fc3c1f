package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// A hash without bytes of memory tells states apart by every other byte and by
// none of these.
func TestHashWithoutBytes(t *testing.T) {
	m, c := newTest(t, x86.I386, 0x90)
	pte, ok := c.Space.Lookup(0x5000)
	require.True(t, ok)
	out := make([]uint64, PageSize/64)
	isOut := func(i int) bool { return i >= 100 && i < 700 && i%7 != 0 }
	for i := range PageSize {
		if isOut(i) {
			out[i/64] |= 1 << (i % 64)
		}
	}
	list := LeaveOut(pte.Frame, out)
	require.Len(t, list, 2, "blocks")
	require.Equal(t, m.Hash(false), m.HashWithout(false, nil)[0])
	hash, end := m.HashWithout(false, list), m.EndHashWithout(list)
	for i := 96; i < 720; i++ {
		require.NoError(t, m.WriteBytes(c.Space, 0x5000+uint64(i), []byte{0xa5}))
		for half, h := range m.HashWithout(false, list) {
			require.Equal(t, isOut(i), hash[half] == h, i)
		}
		require.Equal(t, isOut(i), end == m.EndHashWithout(list), i)
		require.NoError(t, m.WriteBytes(c.Space, 0x5000+uint64(i), []byte{0}))
		require.Equal(t, hash, m.HashWithout(false, list))
	}
	c.GPR[x86.RAX]++
	require.NotEqual(t, hash, m.HashWithout(false, list))
}
