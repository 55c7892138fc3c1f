package page

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// TestAllocator: frames come zeroed and with one reference, and are handed out again when
// nobody has them; counts go back with a snapshot.
func TestAllocator(t *testing.T) {
	const frames = 8
	m, err := emu.New(emu.Config{Arch: x86.AMD64, CPUs: 1, Memory: frames * emu.PageSize})
	require.NoError(t, err)
	defer m.Close()
	full := 0
	a := New(m.Mem, func() { full++ })
	f, n := a.Alloc(2)
	require.Equal(t, 2, n)
	require.True(t, a.Alone(f))
	a.Bytes(f)[0] = 1
	a.Get(f)
	require.False(t, a.Alone(f))
	s := a.Save()
	a.Put(f)
	a.Put(f)
	require.True(t, a.Take(f, 1), "nobody has it")
	require.Zero(t, a.Bytes(f)[0])
	require.False(t, a.Take(f, 2), "the next one is somebody's")
	for range 1 << 16 { // as many processes may map one page
		a.Get(f)
	}
	require.False(t, a.Alone(f))
	for full == 0 {
		a.Alloc(1)
	}
	require.LessOrEqual(t, a.Known(), frames)
	a.Restore(s)
	require.False(t, a.Alone(f))
	a.Put(f)
	require.True(t, a.Alone(f))
}

// TestReservedFrames: frames that were set aside are zero when they are taken, also where a snapshot from before came back and
// their bytes did not.
func TestReservedFrames(t *testing.T) {
	m, err := emu.New(emu.Config{Arch: x86.AMD64, CPUs: 1, Memory: 8 * emu.PageSize})
	require.NoError(t, err)
	defer m.Close()
	a := New(m.Mem, func() {})
	f, ok := a.Reserve(2)
	require.True(t, ok)
	s := a.Save()
	for range 2 {
		require.True(t, a.Take(f, 2))
		require.Zero(t, a.Bytes(f + 1)[0])
		a.Bytes(f + 1)[0] = 1
		a.Restore(s)
	}
}
