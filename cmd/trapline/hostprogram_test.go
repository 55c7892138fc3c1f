package main

import (
	"os"
	"os/exec"
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
	files, err := hostProgramFiles(linux.Config{Path: prog, Args: []string{prog, "named"}, Dir: dir})
	require.NoError(t, err)
	require.Equal(t, map[string][]byte{
		inside: []byte("named/file"), filepath.Join(dir, "named/alias"): []byte("named/file"),
	}, files)
}

// --keep names what it leaves out.
func TestKeepNamesSocketsAndPipes(t *testing.T) {
	prog := filepath.Join(t.TempDir(), "endpoints")
	if out, err := exec.Command("gcc", "-O1", "-static", "-o", prog, "testdata/endpoints.c").CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	_, stderr, code := trace(t, "--keep", kept, "--", prog)
	require.Zero(t, code, stderr)
	here, err := os.Getwd()
	require.NoError(t, err)
	require.Contains(t, stderr, "1 files, directories and links kept in "+kept)
	require.Contains(t, stderr, filepath.Join(here, "socket")+" is a socket, which is not kept\n")
	require.Contains(t, stderr, filepath.Join(here, "pipe")+" is a named pipe, which is not kept\n")
	require.FileExists(t, filepath.Join(kept, here, "file"))
	require.NoFileExists(t, filepath.Join(kept, here, "socket"))
}
