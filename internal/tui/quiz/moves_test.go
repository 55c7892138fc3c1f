package quiz

import (
	"testing"

	"trapline/internal/rigs/testkit"
)

func TestMovesOfAQuestion(t *testing.T) {
	testkit.Moves(t, states, func(s state) (func(state), func() state) {
		q := &Quiz{state: s}
		return q.become, func() state { return q.state }
	})
	testkit.WrittenIn(t, "moves.go", "state")
}
