package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a program has written up to the moment at which the UI is left comes then, and its exit status if it has ended there.
func TestTheUIPassesAProgramsOutputOn(t *testing.T) {
	prog := filepath.Join(t.TempDir(), "self")
	args := []string{"-O1", "-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector", "-o", prog, "testdata/status.c"}
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	leave := func(keys string) *terminal {
		x := openTerminal(t, nil, "tui", "-p", "p "+prog+":_start", "--", prog)
		x.expect("_start")
		if keys != "" {
			x.press(keys, "17 of 17")
		}
		x.keys("q")
		_ = x.cmd.Wait()
		x.restored()
		return x
	}
	const words, end = "words of the program", "\x1b[F"
	x := leave("")
	require.Zero(t, x.cmd.ProcessState.ExitCode())
	require.NotContains(t, x.text(), words)
	x = leave(end)
	require.Equal(t, 3, x.cmd.ProcessState.ExitCode())
	require.Eventually(t, func() bool {
		_, behind, _ := strings.Cut(x.text(), "\x1b[?1049l") // the UI's own screen is left
		return strings.Contains(behind, words)
	}, 5*time.Second, 10*time.Millisecond)
}
