package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/rigs/linuxtest"
)

// trace prints byte for byte what the scenario does.
func TestTheSharedSession(t *testing.T) {
	steps, root := linuxtest.Session(t, "../..")
	var script, want strings.Builder
	for _, s := range steps {
		switch s.Verb {
		case verbEcho, verbCat:
			want.WriteString(s.Want)
			fallthrough
		case verbRun:
			script.WriteString(s.Directive() + "\n")
		}
	}
	session, out := filepath.Join(t.TempDir(), "session"), filepath.Join(t.TempDir(), "out")
	require.NoError(t, os.WriteFile(session, []byte(script.String()), 0o644))
	_, stderr, code := trace(t, "--root", root, "--session", session, "-o", out, "--", "/prog")
	require.Zero(t, code, stderr)
	got, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Greater(t, strings.Count(want.String(), "\n"), 50)
	require.Equal(t, want.String(), format.TidyOutput(string(got)))
}
