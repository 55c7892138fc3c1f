package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/loader"
)

// sharedSession is a scenario whose steps are a session: TestRegress runs them there, TestTheSharedSession of package
// traceuprobe in the shell that plays recorded ones.
const sharedSession = "../../scenarios/regress/events-of-a-program.txtar"

// trace prints byte for byte what the scenario does.
func TestTheSharedSession(t *testing.T) {
	data, err := os.ReadFile(sharedSession)
	require.NoError(t, err)
	f, err := format.Parse(sharedSession, data)
	require.NoError(t, err)
	image, _, err := loader.ReadListing([]byte(f.Listing.Text))
	require.NoError(t, err)
	program, err := loader.ELF(image)
	require.NoError(t, err)
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "prog"), program, 0o755))
	var script, want strings.Builder
	for _, s := range f.Steps {
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
