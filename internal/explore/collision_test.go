package explore

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// colliding is a toy of whose hashes some bits are kept.
type colliding struct {
	*toy
	bits Fingerprint
}

func (c colliding) Hash() Fingerprint {
	h := c.toy.hash(c.vars) // the toy's own has one value in its second half
	return Fingerprint{h & c.bits[0], h & c.bits[1]}
}

// Step of an actor that has ended is asked for where two states are one: it is blocked.
func (c colliding) Step(a int) *Step {
	if c.pc[a] == len(c.progs[a]) {
		return &Step{Blocked: true}
	}
	return c.toy.Step(a)
}

// States with one hash are one state, so ends are lost where hashes have few
// bits. Either half of the hash alone tells these states apart.
func TestCollisionsLoseEnds(t *testing.T) {
	s := newToy(append(incr(0), incr(1)...), append(incr(1), incr(0)...), incr(0))
	plain := outcomes(Enumerate(context.Background(), s, 0))
	ends := func(bits Fingerprint) []uint64 {
		factory := func() (System, error) {
			n, err := s.factory()
			return colliding{n.(*toy), bits}, err
		}
		r, err := Search(context.Background(), factory, Options{KeepOutcomes: true})
		require.NoError(t, err)
		return r.Outcomes
	}
	require.Equal(t, plain, ends(Fingerprint{^uint64(0), 0}))
	require.Equal(t, plain, ends(Fingerprint{0, ^uint64(0)}))
	require.Less(t, len(ends(Fingerprint{7, 7})), len(plain), "collisions are noticed by the comparison with plain enumeration")
}
