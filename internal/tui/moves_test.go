package tui

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
)

func TestMovesOfAJob(t *testing.T) {
	testkit.Moves(t, jobStates, func(s jobState) (func(jobState), func() jobState) {
		j := &job{state: s}
		return j.become, func() jobState { return j.state }
	})
	testkit.WrittenIn(t, "moves.go", "state")
}

// esc behind q does not keep the UI.
func TestAJobThatLeavesLeaves(t *testing.T) {
	j := &job{stop: func() {}}
	j.end(jobLeaves)
	j.end(jobStops)
	require.Equal(t, jobLeaves, j.state)
}
