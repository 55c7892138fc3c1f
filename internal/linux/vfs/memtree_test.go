package vfs

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux/abi"
)

func TestFilesInMemoryAreFixed(t *testing.T) {
	f, err := OpenMem(map[string]MemFile{
		"/bin/tiny": {Data: []byte("tiny"), Exec: true},
		"/etc/text": {Data: []byte("a file in memory\n")},
		"/etc/link": {Link: "text"},
		"/sh":       {Link: "/bin/tiny"},
	})
	require.NoError(t, err)
	st, err := f.Stat("/etc/link")
	require.NoError(t, err)
	sys := StatOf(st)
	require.Equal(t, []uint64{memDevice, 7}, []uint64{sys.Dev, sys.Ino})
	require.Equal(t, int64(Epoch), st.ModTime().Unix())
	root, _, err := f.Open("/", true)
	require.NoError(t, err)
	l, err := root.ReadDir(10)
	require.NoError(t, err)
	var names []string
	for _, e := range l {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"bin", "etc", "sh"}, names)
	require.Equal(t, fs.ModeSymlink, l[2].Type())
	target, err := f.Readlink("/sh")
	require.NoError(t, err)
	require.Equal(t, "/bin/tiny", target)
	_, _, err = f.Open("/etc/none", true)
	require.ErrorIs(t, err, abi.ENOENT)
	_, _, err = f.Open("/etc/text/none", true)
	require.ErrorIs(t, err, abi.ENOTDIR)
}

func TestTreesInMemoryThatCannotBe(t *testing.T) {
	for _, files := range []map[string]MemFile{
		{"relative": {}}, {"/": {}}, {"/a/../b": {}}, {"/a": {}, "/a/b": {}}, {"/a": {Link: "b", Data: []byte("x")}},
	} {
		_, err := OpenMem(files)
		require.Error(t, err)
	}
}
