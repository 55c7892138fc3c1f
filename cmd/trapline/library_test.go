package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/unicorn"
)

// TestLibraryThatDoesNotFit: a library whose self-check fails is a note, and
// the run is the same.
func TestLibraryThatDoesNotFit(t *testing.T) {
	if unicorn.Version() == "" {
		require.Error(t, unicorn.Check(), "no library in this build")
		return
	}
	program := filepath.Join(t.TempDir(), "trapline")
	out, err := exec.Command("go", "build", "-tags", "unicorn", "-ldflags", "-X trapline/internal/emu/unicorn.skew=8", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	var text, notes bytes.Buffer
	cmd := exec.Command(program, "run", "first-probe")
	cmd.Stdout, cmd.Stderr = &text, &notes
	require.NoError(t, cmd.Run(), "%s", &notes)
	require.Contains(t, text.String(), "hit at target")
	require.Contains(t, notes.String(), "trapline: note: every instruction was interpreted, since the CPU library does not fit: libunicorn "+
		unicorn.Version()+": unexpected layout of the saved context: register 0 is not at offset 0")
}
