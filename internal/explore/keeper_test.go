package explore

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// keeping is a toy that nobody else can restore a snapshot of. If astray, its
// first actor goes wrong in every second one.
type keeping struct {
	*toy
	astray bool
}

type kept struct {
	Snapshot
	of *keeping
}

func (k *keeping) KeepsSnapshots() bool { return true }
func (k *keeping) Snapshot() Snapshot   { return kept{k.toy.Snapshot(), k} }

func (k *keeping) Restore(s Snapshot) {
	if s.(kept).of != k {
		panic("restored a snapshot of another system")
	}
	k.toy.Restore(s.(kept).Snapshot)
}

func (k *keeping) Step(a int) *Step {
	s := k.toy.Step(a)
	if k.astray && a == 0 {
		k.reg[a] += 100
	}
	return s
}

func keepers(s *toy, astray bool) func() (System, error) {
	n := 0
	return func() (System, error) {
		sys, err := s.factory()
		n++
		return &keeping{sys.(*toy), astray && n%2 == 0}, err
	}
}

// Workers whose snapshots are their own share a search all the same: they take
// the steps to a state again.
func TestKeepersShareASearch(t *testing.T) {
	s := newToy(incr(0), incr(0), append(incr(0), incr(1)...), append(incr(1), incr(0)...))
	one := search1(t, s, Options{})
	for range 20 {
		r, err := Search(context.Background(), keepers(s, false), Options{Jobs: 3, KeepOutcomes: true})
		require.NoError(t, err)
		require.Equal(t, one.Outcomes, r.Outcomes)
		require.Equal(t, one.States, r.States)
		require.True(t, r.Exhausted)
	}
}

// Steps that lead two systems to different states end the search with an error.
func TestKeepersThatDifferAreNoticed(t *testing.T) {
	s := newToy(incr(0), incr(0), append(incr(0), incr(1)...), append(incr(1), incr(0)...))
	for range 200 { // until two of them have shared
		if _, err := Search(context.Background(), keepers(s, true), Options{Jobs: 2}); err != nil {
			require.ErrorIs(t, err, ErrSystem)
			require.ErrorContains(t, err, "lead two of them to different states")
			return
		}
	}
	t.Fatal("200 searches did not notice")
}
