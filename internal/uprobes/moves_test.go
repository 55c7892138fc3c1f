package uprobes

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A hit becomes what its state may lead to, and nothing else.
func TestMovesOfAHit(t *testing.T) {
	for from, list := range moves {
		for to := range taskStates {
			ut := &task{state: taskState(from)}
			if slices.Contains(list, to) {
				ut.next(to)
				require.Equal(t, to, ut.state)
				require.True(t, ut.notify)
				continue
			}
			require.Panics(t, func() { ut.next(to) }, "%s to %s", taskState(from), to)
			require.Equal(t, taskState(from), ut.state)
		}
	}
}
