package net

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux/state"
	"trapline/internal/rigs/mementotest"
)

// TestHeldPortsHaveEveryField: what decides who may have the port of a closed connection is
// saved by copying it, and is in the hash, or in that of the clocks.
func TestHeldPortsHaveEveryField(t *testing.T) {
	mementotest.References(t, heldPort{}, "")
	ns := NewStack(nil)
	ns.held = []heldPort{{}, {}}
	hash := func() uint64 {
		h := new(emu.Hasher)
		ns.Hash(h, state.NewKinds(SocketKind).None())
		ns.HashClocks(h)
		return h.Sum()
	}
	for i := range ns.held {
		mementotest.Hashed(t, &ns.held[i], hash, "")
	}
	was, before := ns.Save(), hash()
	ns.held[1].until++
	ns.held = append(ns.held, heldPort{})
	require.NotEqual(t, before, hash())
	ns.Restore(was)
	require.Equal(t, before, hash())
}
