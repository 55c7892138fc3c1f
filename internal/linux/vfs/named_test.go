package vfs

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/linux/abi"
)

// namedFiles is a directory with named files and others, links in and out, and
// the FS that shows the named ones: given, sub, and link, which leads to far.
func namedFiles(t *testing.T) (string, *FS) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	given := filepath.Join(dir, "given")
	for _, name := range []string{"given", "sub/below", "sub/deep/er/file", "other", "hidden/dir/file", "hidden/below", "far/away/file", "far/secret"} {
		p := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o755))
		require.NoError(t, os.WriteFile(p, []byte("x"), 0o644))
	}
	for name, target := range map[string]string{
		"sub/out": "../other", "sub/deep/er/out": "../../../hidden/dir", "link": "far/away", "sub/in": "deep/er/file",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	fs, err := OpenFiles(given, filepath.Join(dir, "sub"), filepath.Join(dir, "link"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, fs.Close()) })
	return dir, fs
}

// TestOnlyNamedFiles: without a root a guest sees what it was given. What it
// was not does not exist: neither where a link leads to it, nor as a stage of
// another path, nor by the kind of an error.
func TestOnlyNamedFiles(t *testing.T) {
	dir, fs := namedFiles(t)
	absent := error(abi.ENOENT)
	for name, want := range map[string]error{
		"given": nil, "sub/below": nil, "sub/../given": nil, "sub/in": nil, "link/file": nil, "far/away/file": nil, "link/../away/file": nil,
		"given/x": abi.ENOTDIR, "given2": absent, "other": absent, "other/x": absent, "sub/absent": absent, "hidden": absent,
		"sub/out": absent, "sub/deep/er/out": absent, "sub/deep/er/out/file": absent, "sub/deep/er/out/../below": absent,
		"hidden/../given": absent, "link/../secret": absent, "far/secret": absent,
	} {
		h, _, err := fs.Open(dir+"/"+name, true)
		if want == nil {
			require.NoError(t, err, name)
			require.NoError(t, h.Close())
		} else {
			assert.ErrorIs(t, err, want, name)
		}
	}
	for _, p := range []string{"/etc/passwd", "/etc/passwd/x", "/etc/../" + dir + "/given", "/proc/1/root"} {
		_, err := fs.Lstat(p, true)
		assert.ErrorIs(t, err, abi.ENOENT, p)
	}
	_, err := fs.Stat(dir + "/other") // for an event's file
	assert.NoError(t, err)
}

// TestWayToNamedFiles: the directories above named files list the names on the
// way and tell nothing else.
func TestWayToNamedFiles(t *testing.T) {
	dir, fs := namedFiles(t)
	list := func(p string) (names []string) {
		h, _, err := fs.Open(p, true)
		require.NoError(t, err, p)
		defer h.Close()
		l, err := h.ReadDir(MaxDirEntries)
		require.NoError(t, err)
		for _, e := range l {
			names = append(names, e.Name())
		}
		return names
	}
	assert.Equal(t, []string{"far", "given", "link", "sub"}, list(dir))
	assert.Equal(t, []string{"away"}, list(dir+"/far"))
	assert.Equal(t, []string{"file"}, list(dir+"/link"))
	assert.ElementsMatch(t, []string{"below", "deep", "in", "out"}, list(dir+"/sub"))
	for p := filepath.Dir(dir); ; p = filepath.Dir(p) {
		assert.Len(t, list(p), 1, p)
		host, err := os.Lstat(p)
		require.NoError(t, err)
		guest, err := fs.Lstat(p, true)
		require.NoError(t, err)
		assert.True(t, guest.IsDir())
		assert.NotEqual(t, host.ModTime(), guest.ModTime(), p)
		assert.NotEqual(t, host.Sys().(*syscall.Stat_t).Ino, StatOf(guest).Ino, p)
		if p == "/" {
			break
		}
	}
	fs.ShowDir(dir + "/hidden/dir")
	assert.Equal(t, []string{"far", "given", "hidden", "link", "sub"}, list(dir))
	assert.Equal(t, []string{"dir"}, list(dir+"/hidden"))
	assert.Empty(t, list(dir+"/hidden/dir"))
	_, err := fs.Lstat(dir+"/hidden/below", true)
	assert.ErrorIs(t, err, abi.ENOENT)
}
