package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// TestSnapshotOfAnotherMachine: a state goes on in a second machine as it
// does in the first.
func TestSnapshotOfAnotherMachine(t *testing.T) {
	code := []byte{0x01, 0xd8, 0x89, 0xc1, 0x50, 0xff, 0x05, 0x00, 0x50, 0, 0, 0xeb, 0xf3} // add, mov, push, incl 0x5000, jmp
	m, c := newTest(t, x86.I386, code...)
	o, d := newTest(t, x86.I386, code...)
	c.GPR[x86.RBX] = 3
	for range 7 {
		m.Step(0)
		o.Step(0)
	}
	require.NotEqual(t, m.Hash(true), o.Hash(true))
	o.Restore(m.Snapshot())
	for range 9 {
		require.Equal(t, m.Hash(true), o.Hash(true))
		require.Equal(t, c.Core, d.Core)
		m.Step(0)
		o.Step(0)
	}
	require.NoError(t, o.Err())
}

// TestHashTellsStatesApart: one bit anywhere makes another hash.
func TestHashTellsStatesApart(t *testing.T) {
	m, c := newTest(t, x86.AMD64, 0x90)
	seen := map[uint64]bool{m.Hash(false): true}
	changed := func() {
		h := m.Hash(false)
		require.False(t, seen[h])
		seen[h] = true
	}
	for _, va := range []uint64{0x1000, 0x1fff, 0x5000, 0x5008, 0x7ff8} {
		require.NoError(t, m.WriteBytes(c.Space, va, []byte{1}))
		changed()
	}
	c.GPR[x86.R15]++
	changed()
	c.RFLAGS ^= x86.TF
	changed()
	c.Sys.DR[6] ^= DR6BS
	changed()
	c.RaiseInterrupt(0x20)
	changed()
}
