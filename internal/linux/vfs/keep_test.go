package vfs

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/page"
	"trapline/internal/x86"
)

// TestKeepOfSparseFiles: a file of a TiB with a few bytes in it is kept and hashed by what is in it.
func TestKeepOfSparseFiles(t *testing.T) {
	m, err := emu.New(emu.Config{Arch: x86.AMD64, CPUs: 1, Memory: 64 * emu.PageSize})
	require.NoError(t, err)
	defer m.Close()
	lower, err := OpenMem(map[string]MemFile{"/lower": {Data: []byte("what the host has")}})
	require.NoError(t, err)
	o := NewOverlay(lower, func() abi.Timespec { return abi.Timespec{} }, func(*Inode, int64) {})
	o.SetMemory(page.New(m.Mem, func() {}))

	const size, at = 1 << 40, 1<<39 + 5
	n := o.MakeFile("/sparse", abi.S_IFREG|0o600, 0, 0)
	o.Truncate(n, size)
	empty := o.Fingerprints()["/sparse"]
	require.Equal(t, 3, o.WriteNode(n, []byte("abc"), at))
	require.NotEqual(t, empty, o.Fingerprints()["/sparse"])
	info, err := o.Lstat("/lower", false)
	require.NoError(t, err)
	changed, err := o.Raise("/lower", info)
	require.NoError(t, err)
	o.WriteNode(changed, []byte("W"), 0)
	o.Truncate(changed, size)

	dir := t.TempDir()
	require.NoError(t, o.Keep(dir))
	f, err := os.Open(filepath.Join(dir, "sparse"))
	require.NoError(t, err)
	defer f.Close()
	st, err := f.Stat()
	require.NoError(t, err)
	require.Equal(t, int64(size), st.Size())
	b := make([]byte, 5)
	_, err = f.ReadAt(b, at-1)
	require.NoError(t, err)
	require.Equal(t, "\x00abc\x00", string(b))
	kept := make([]byte, 20)
	g, err := os.Open(filepath.Join(dir, "lower"))
	require.NoError(t, err)
	defer g.Close()
	_, err = g.ReadAt(kept, 0)
	require.NoError(t, err)
	require.Equal(t, "What the host has\x00\x00\x00", string(kept))
}
