package linux

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/linuxtest"
)

// TestToolsInNamedFiles: tools that walk to a file from the root, and back,
// find what they find natively.
func TestToolsInNamedFiles(t *testing.T) {
	box := linuxtest.Busybox(t, "amd64")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for _, name := range []string{"given", "other", "far/away/file", "far/secret"} {
		writeFile(t, dir, name, "x")
	}
	require.NoError(t, os.Symlink("far/away", filepath.Join(dir, "link")))
	named, err := vfs.OpenFiles(box, dir+"/given", dir+"/link")
	require.NoError(t, err)
	defer named.Close()
	named.ShowDir(dir)
	for script, want := range map[string]string{
		"realpath given link/file":                    dir + "/given\n" + dir + "/far/away/file\n",
		"cd / && cd " + dir + " && pwd && cat given":  dir + "\nx",
		"cd link && cat file && cd -P ../away && pwd": "x" + dir + "/far/away\n",
		"ls":                       "far\ngiven\nlink\n",
		"find " + dir + " -type f": dir + "/far/away/file\n" + dir + "/given\n",
	} {
		var stdout bytes.Buffer
		k, err := New(Config{Path: box, Args: []string{"busybox", "ash", "-c", script}, FS: named, Dir: dir, Stdout: &stdout})
		require.NoError(t, err)
		_, err = k.Run(context.Background())
		require.NoError(t, err)
		assert.Equal(t, want, stdout.String(), script)
		k.Close()
	}
}
