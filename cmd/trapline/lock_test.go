//go:build unix

package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/sweep"
)

// Two sweeps would overwrite each other's lines.
func TestTwoSweepsDoNotWriteOneFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "sweep.jsonl")
	head := sweep.HeadOf(nil, sweep.Shard{})
	f, _, err := openSweep(name, head, nil)
	require.NoError(t, err)
	_, _, err = openSweep(name, head, nil)
	require.ErrorContains(t, err, "sweep.jsonl: another sweep is writing it; expected another file")
	require.NoError(t, f.Close())
	f, _, err = openSweep(name, head, nil)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}
