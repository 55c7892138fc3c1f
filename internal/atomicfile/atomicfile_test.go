package atomicfile_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/internal/atomicfile"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, atomicfile.Write(t.Context(), name, []byte(text)))
}

func text(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(data)
}

// alone demands that dir holds these names and nothing else: no temporary file.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	require.Equal(t, names, got)
}

func TestAWrittenFileIsWholeAndAloneInItsFolder(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "run")
	write(t, name, "old")
	write(t, name, "new")
	require.Equal(t, "new", text(t, name))
	alone(t, dir, "run")
}

func TestModesAreThoseOfAnOrdinaryFile(t *testing.T) {
	dir := t.TempDir()
	made, before := filepath.Join(dir, "made"), filepath.Join(dir, "before")
	require.NoError(t, os.WriteFile(before, nil, 0o600))
	mask := unix.Umask(0o027)
	defer unix.Umask(mask)
	write(t, made, "x")
	write(t, before, "x")
	for name, want := range map[string]os.FileMode{made: 0o640, before: 0o600} {
		st, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, want, st.Mode().Perm(), name)
	}
}

func TestSymbolicLinksAreFollowed(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.MkdirAll(at("real/sub"), 0o755))
	require.NoError(t, os.WriteFile(at("target"), []byte("old"), 0o644))
	for name, to := range map[string]string{
		"link": "target", "again": "link", "dangling": "new", "twice": "dangling2", "dangling2": at("new2"),
		"folder": "real/sub", "real/sub/up": "../new3", "loop": "loop", "nowhere": "no/folder/x",
	} {
		require.NoError(t, os.Symlink(to, at(name)))
	}
	for name, leads := range map[string]string{
		"link": "target", "again": "target", "dangling": "new", "twice": "new2", "folder/up": "real/new3",
	} {
		write(t, at(name), name)
		require.Equal(t, name, text(t, at(leads)))
		st, err := os.Lstat(at(name))
		require.NoError(t, err)
		require.NotZero(t, st.Mode()&os.ModeSymlink, "%s is still a link", name)
	}
	require.ErrorIs(t, atomicfile.Write(t.Context(), at("loop"), nil), unix.ELOOP)
	require.EqualError(t, atomicfile.Write(t.Context(), at("nowhere"), nil), "a link to "+at("no/folder/x")+": no such file or directory")
}

// Renamed over, a pipe or a device would be a regular file from then on, for everybody.
func TestAPipeIsWrittenStraight(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, unix.Mkfifo(pipe, 0o600))
	r, err := os.OpenFile(pipe, os.O_RDONLY|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer r.Close()
	write(t, pipe, "text")
	got := make([]byte, 4)
	_, err = r.Read(got)
	require.NoError(t, err)
	require.Equal(t, "text", string(got))
	st, err := os.Stat(pipe)
	require.NoError(t, err)
	require.NotZero(t, st.Mode()&os.ModeNamedPipe)
}

func TestAPipeWithoutAReaderIsRefused(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, unix.Mkfifo(pipe, 0o600))
	require.EqualError(t, atomicfile.Write(t.Context(), pipe, []byte("x")), "a pipe that nobody reads; expected a reader that has opened it")
}

func TestAReaderThatDoesNotReadCanBeLeft(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, unix.Mkfifo(pipe, 0o600))
	r, err := os.OpenFile(pipe, os.O_RDONLY|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = atomicfile.Write(ctx, pipe, make([]byte, 1<<20))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "the reader did not take all of it")
}

func TestWhatCannotBeWrittenIsRefusedBeforehand(t *testing.T) {
	dir := t.TempDir()
	readOnly := filepath.Join(dir, "ro")
	require.NoError(t, os.WriteFile(readOnly, []byte("mine"), 0o444))
	for name, want := range map[string]string{
		"":                                  "an empty name; expected that of a file",
		dir:                                 "is a directory",
		dir + "/new/":                       "the name of a folder; expected that of a file",
		filepath.Join(dir, "no", "x"):       "no such file or directory",
		filepath.Join(readOnly, "x"):        "not a directory",
		readOnly:                            "the file that is there is read-only",
		dir + "/" + string(make([]byte, 1)): "invalid argument",
	} {
		_, err := atomicfile.Open(name)
		require.EqualError(t, err, want, "%q", name)
	}
	require.Equal(t, "mine", text(t, readOnly))
	alone(t, dir, "ro")
}

// What stands there when the writing fails stays.
func TestAFailureLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "run")
	write(t, name, "old")
	target, err := atomicfile.Open(name)
	require.NoError(t, err)
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_FSIZE, &limit))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 4096, Max: limit.Max}))
	err = target.Write(t.Context(), make([]byte, 1<<20))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &limit))
	require.ErrorIs(t, err, unix.EFBIG)
	require.Equal(t, "old", text(t, name))
	alone(t, dir, "run")
}
