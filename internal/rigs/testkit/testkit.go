// Package testkit is what tests of many packages share. It imports nothing that they test.
package testkit

import (
	_ "embed"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

var update = flag.Bool("update", false, "write the files that tests compare with anew")

// Updating reports whether the test binary's -update is set.
func Updating() bool { return *update }

// Golden compares with a file, which -update writes anew.
func Golden(t testing.TB, file, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "%s is stale: the same test with -update writes it anew", file)
}

// EachArch runs a subtest for each architecture.
func EachArch(t *testing.T, f func(*testing.T, x86.Arch)) {
	t.Helper()
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		t.Run(a.String(), func(t *testing.T) { f(t, a) })
	}
}

// Race is a scenario that loses a hit under 2002, and under no later engine.
//
//go:embed race.txtar
var Race string
