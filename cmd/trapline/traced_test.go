package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux"
)

// A recording holds what the program can see: not what a link out of a named
// directory leads to.
func TestTracedFilesKeepInside(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "named"), 0o755))
	put := func(name string) string {
		full := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(full, []byte(name), 0o644))
		return full
	}
	prog, inside, outside := put("prog"), put("named/file"), put("secret")
	require.NoError(t, os.Symlink("file", filepath.Join(dir, "named/alias")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "named/out")))
	files, err := tracedFiles(linux.Config{Path: prog, Args: []string{prog, "named"}, Dir: dir})
	require.NoError(t, err)
	require.Equal(t, map[string][]byte{
		inside: []byte("named/file"), filepath.Join(dir, "named/alias"): []byte("named/file"),
	}, files)
}
