package uprobes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
)

// A hit becomes what its state may lead to, and nothing else.
func TestMovesOfAHit(t *testing.T) {
	testkit.Moves(t, moves, func(from taskState) (func(taskState), func() taskState) {
		ut := &task{state: from}
		return func(to taskState) {
			ut.next(to)
			require.True(t, ut.notify)
		}, func() taskState { return ut.state }
	})
	testkit.WrittenIn(t, "moves.go", "state")
}
