package state

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
)

type tree struct {
	left, right *tree
	leaf        *leaf
	values      []int
}

type leaf struct{ n uint64 }

func kinds() *Kinds {
	return NewKinds(
		Kind[leaf]{Hash: func(l *leaf, h *emu.Hasher, _ *Objects) { h.Uint64(l.n) }},
		Kind[tree]{
			Reach: func(t *tree, o *Objects) { Visit(o, t.left); Visit(o, t.right); Visit(o, t.leaf) },
			Hash:  func(t *tree, h *emu.Hasher, o *Objects) { Words(h, Number(o, t.left), Number(o, t.leaf)) },
			Own:   func(t *tree) { t.values = append([]int(nil), t.values...) },
			Bytes: func(t *tree) int { return len(t.values) },
		},
	)
}

// TestObjects: each object has one number, in the order in which it is met, also in a circle;
// a snapshot brings values back into the same objects.
func TestObjects(t *testing.T) {
	shared := &leaf{7}
	root := &tree{left: &tree{leaf: shared, values: []int{1}}, leaf: shared}
	root.right = root
	visited := func() *Objects {
		o := kinds().None()
		Visit(o, root)
		return o
	}
	hash := func() uint64 {
		var h emu.Hasher
		visited().Hash(&h)
		return h.Sum()
	}
	o := visited()
	require.Equal(t, []*tree{root, root.left}, All[tree](o))
	require.Equal(t, []*leaf{shared}, All[leaf](o))
	require.Equal(t, []uint64{0, 1, 2, 3}, []uint64{Number[tree](o, nil), Number(o, &tree{}), Number(o, root), Number(o, root.left)})
	before, s := hash(), o.Save()
	root.left.values[0], shared.n, root.left.leaf = 2, 8, nil
	require.NotEqual(t, before, hash())
	s.Restore()
	require.Equal(t, before, hash())
	require.Equal(t, []int{1}, root.left.values)
	require.Panics(t, func() { Visit(o, &Kinds{}) }, "a kind that has no row")
}
