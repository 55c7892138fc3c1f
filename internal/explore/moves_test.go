package explore

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
)

func TestMovesOfAMember(t *testing.T) {
	testkit.Moves(t, memberStates, func(s memberState) (func(memberState), func() memberState) {
		m := &Member{state: s}
		return m.become, func() memberState { return m.state }
	})
	testkit.WrittenIn(t, "moves.go", "state")
}

// A member makes tasks of its round, and none once a round could not be begun.
func TestAMemberMakesTasksOfItsRound(t *testing.T) {
	s := newToy(incr(0), incr(0))
	sys, err := s.factory()
	require.NoError(t, err)
	m := NewMember(sys)
	defer m.Close()
	task := &Task{Round: 1, States: []TaskState{{Actor: -1, Hash: sys.Hash(), Live: 3}}}
	require.Panics(t, func() { m.Do(context.Background(), task) })
	set := &Setting{Round: 1, Root: sys.Hash(), Quota: 10, Depth: 100}
	require.ErrorContains(t, m.Set(set), "something else than the leader")
	require.Zero(t, m.Round())
	set.Sum = m.facts.sum()
	require.NoError(t, m.Set(set))
	require.Empty(t, m.Do(context.Background(), task).Err)
	task.Round = 2
	require.Panics(t, func() { m.Do(context.Background(), task) })
	require.Error(t, m.Set(&Setting{Round: 2, Root: Fingerprint{1}}))
	require.Zero(t, m.Round())
	require.Panics(t, func() { m.Do(context.Background(), task) })
}
