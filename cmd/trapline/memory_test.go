package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMemoryBoundIsOnTheProcess: a search that needs more takes no more than
// --memory, and no less than it may, within 20 %.
func TestMemoryBoundIsOnTheProcess(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	command := filepath.Join(t.TempDir(), "trapline") // TestMain goes by the name
	require.NoError(t, os.Symlink(self, command))
	const bound = 128
	cmd := exec.Command(command, "explore", "testdata/cases/scale.txtar", "--memory", "128", "--jobs", "2")
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "\nnot exhausted: the bound on memory ended it")
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 // KiB
	t.Logf("%d MiB", peak)
	require.LessOrEqual(t, float64(peak), 1.2*bound)
	require.GreaterOrEqual(t, float64(peak), 0.8*bound)
}
