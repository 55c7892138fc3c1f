package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// An NMI does not ask IF, wakes a halted vCPU, and goes before maskable
// interrupts (SDM vol. 3, 6.7, table 6-2).
func TestNMIIgnoresIF(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := newTaken(t, a, 0xf4, 0x90)
		m.Step(0)
		require.False(t, c.CanStep())
		c.RaiseInterrupt(x86.VecNMI)
		c.RaiseInterrupt(0x20)
		require.True(t, c.CanStep())
		m.Step(0)
		require.Equal(t, []Trap{{Vector: x86.VecNMI, Kind: NMI}}, k.traps)
		require.Equal(t, []x86.Vector{0x20}, c.Interrupts())
		require.False(t, c.Halted)
	})
}

// The next NMI waits until an IRET, even one that faults; there is one at most.
func TestNMIIsBlockedUntilIRET(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := newTaken(t, a, 0x90, 0x90, 0xcf)
		c.RaiseInterrupt(x86.VecNMI)
		m.Step(0)
		require.Len(t, k.traps, 1)
		c.RaiseInterrupt(x86.VecNMI)
		c.RaiseInterrupt(x86.VecNMI)
		s := m.Snapshot()
		for range 2 {
			m.Restore(s)
			k.traps = nil
			m.Step(0)
			m.Step(0)
			require.Empty(t, k.traps)
			m.Step(0)
			require.EqualValues(t, x86.VecPF, k.last(t).Vector, "the IRET: nothing is on the stack")
			m.Step(0)
			require.Equal(t, Trap{Vector: x86.VecNMI, Kind: NMI}, k.last(t))
			m.Step(0)
			require.Len(t, k.traps, 3, "no third NMI: the IRET again")
		}
	})
}

// P7: MOV SS holds an NMI off for one instruction, STI does not.
func TestP7MovSSHoldsOffNMI(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			code  []byte
			holds bool
		}{{[]byte{0x8e, 0xd0, 0x90, 0x90}, true}, {[]byte{0xfb, 0x90, 0x90}, false}} {
			m, c, k := gdtRig(t, a, tt.code...)
			c.GPR[x86.RAX] = 0x18
			m.Step(0)
			c.RaiseInterrupt(x86.VecNMI)
			m.Step(0)
			require.Equal(t, tt.holds, len(k.traps) == 0)
			m.Step(0)
			require.Len(t, k.traps, 1)
			require.Equal(t, NMI, k.last(t).Kind)
		}
	})
}
