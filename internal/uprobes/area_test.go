package uprobes

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
	"trapline/internal/x86"
)

// loaded is a system of uprobes on a program that has not run.
func loaded(t *testing.T) (*System, *linux.Kernel) {
	path, err := filepath.Abs("testdata/bin/bench64")
	require.NoError(t, err)
	fs, err := vfs.OpenFiles(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = fs.Close() })
	s := New(Options{})
	k, err := linux.New(linux.Config{Path: path, FS: fs, Hooks: s})
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return s, k
}

func TestU5SlotsAreOnePageAndRunOut(t *testing.T) {
	s, k := loaded(t)
	s.Attach(k)
	mm := k.Init().MM()
	a := s.areaOf(mm, 0)
	require.Equal(t, uint64(0x7fffffffe000), a.start, "as recorded")
	require.Same(t, a, s.areaOf(mm, 0))

	in, errno := Analyze([]byte{0x48, 0x83, 0xc3, 0x01}, insn.ModeOf(x86.AMD64))
	require.Zero(t, errno)
	for n := uint64(1); n < Slots; n++ {
		va, ok := a.take(mm, in)
		require.True(t, ok)
		require.Equal(t, a.start+n*SlotSize, va, "the first slot is the trampoline's")
		var b [CodeSize]byte
		require.Equal(t, CodeSize, mm.ReadForced(va, b[:]))
		require.Equal(t, in.Copy, b)
	}
	_, ok := a.take(mm, in)
	require.False(t, ok)
	s.freeSlot(mm, a.start+7*SlotSize)
	va, ok := a.take(mm, in)
	require.True(t, ok)
	require.Equal(t, a.start+7*SlotSize, va)
}
