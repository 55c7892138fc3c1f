package scenarios_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/scenarios"
)

func TestAWrittenFileIsWholeAndAloneInItsFolder(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "run")
	require.NoError(t, scenarios.WriteFile(name, []byte("old")))
	require.NoError(t, scenarios.WriteFile(name, []byte("new")))
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "new", string(text))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestAWrittenFileGoesWhereASymbolicLinkLeads(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(target, []byte("old"), 0o644))
	require.NoError(t, os.Symlink("target", link))
	require.NoError(t, scenarios.WriteFile(link, []byte("new")))
	text, err := os.ReadFile(target)
	require.NoError(t, err)
	require.Equal(t, "new", string(text))
	st, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, st.Mode()&os.ModeSymlink, "the link is still one")
}

// Renamed over, a device or a pipe would be a regular file from then on, for everybody.
func TestWhatIsNoRegularFileIsWrittenStraight(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	r, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, scenarios.WriteFile(pipe, []byte("text")))
	got := make([]byte, 4)
	_, err = r.Read(got)
	require.NoError(t, err)
	require.Equal(t, "text", string(got))
	st, err := os.Stat(pipe)
	require.NoError(t, err)
	require.NotZero(t, st.Mode()&os.ModeNamedPipe)

	dir := t.TempDir()
	require.ErrorIs(t, scenarios.WriteFile(dir, nil), syscall.EISDIR)
	require.EqualError(t, scenarios.WriteFile(filepath.Join(dir, "no", "file"), nil), "no such file or directory")
}
