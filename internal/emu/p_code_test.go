package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// twoCPUs is newTest with a second vCPU at the same place.
func twoCPUs(t *testing.T, a x86.Arch, code ...byte) (*Machine, *CPU, *CPU) {
	t.Helper()
	m, err := New(Config{Arch: a, CPUs: 2, Memory: 1 << 20})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	for _, p := range []struct {
		va   uint64
		prot Prot
	}{{0x1000, Write | Exec}, {0x2000, Write | Exec}, {0x5000, Write}, {0x7000, Write}} {
		f, err := m.Mem.Alloc()
		require.NoError(t, err)
		require.NoError(t, m.CPUs[0].Space.Map(p.va, f, 1, p.prot))
	}
	require.NoError(t, m.WriteBytes(m.CPUs[0].Space, 0x1000, code))
	for _, c := range m.CPUs {
		flat(c)
		c.RIP, c.GPR[x86.RSP] = 0x1000, 0x8000
	}
	return m, m.CPUs[0], m.CPUs[1]
}

// Every way in which a code byte changes is seen by the next fetch, by
// whatever vCPU, whichever instance it runs on.
func TestP13CodeChangesAreSeenAtTheNextFetch(t *testing.T) {
	const movAL1, movAL2 = 0x01, 0x02
	ways := map[string]func(*testing.T, *Machine, *CPU, *CPU){
		"kernel-side write": func(t *testing.T, m *Machine, _, _ *CPU) {
			require.True(t, m.PokeWord(m.CPUs[0].Space, 0x1001, 1, movAL2))
		},
		"loader": func(t *testing.T, m *Machine, _, _ *CPU) {
			require.NoError(t, m.WriteBytes(m.CPUs[0].Space, 0x1001, []byte{movAL2}))
		},
		"another vCPU's store": func(t *testing.T, m *Machine, _, d *CPU) {
			require.NoError(t, m.WriteBytes(d.Space, 0x2000, []byte{0xc6, 0x03, movAL2})) // movb $2,(%ebx)
			d.RIP, d.GPR[x86.RBX] = 0x2000, 0x1001
			require.Len(t, m.Step(1).Writes, 1)
		},
		"its own store": func(t *testing.T, m *Machine, c, _ *CPU) {
			require.NoError(t, m.WriteBytes(c.Space, 0x2000, []byte{0xc6, 0x03, movAL2}))
			c.RIP, c.GPR[x86.RBX] = 0x2000, 0x1001
			m.Step(0)
		},
		"a store through another mapping of the frame": func(t *testing.T, m *Machine, c, d *CPU) {
			p, ok := c.Space.Lookup(0x1000)
			require.True(t, ok)
			require.NoError(t, c.Space.Map(0x9000, p.Frame, 1, Write))
			require.NoError(t, m.WriteBytes(d.Space, 0x2000, []byte{0xc6, 0x03, movAL2}))
			d.RIP, d.GPR[x86.RBX] = 0x2000, 0x9001
			m.Step(1)
		},
		"another frame at the address": func(t *testing.T, m *Machine, c, _ *CPU) {
			f, err := m.Mem.Alloc()
			require.NoError(t, err)
			require.NoError(t, c.Space.Map(0x1000, f, 1, Write|Exec))
			require.NoError(t, m.WriteBytes(c.Space, 0x1000, []byte{0xb0, movAL2}))
		},
		"restore": func(t *testing.T, m *Machine, _, _ *CPU) {
			s := m.Snapshot()
			require.True(t, m.PokeWord(m.CPUs[0].Space, 0x1001, 1, movAL2))
			with := m.Snapshot()
			m.Restore(s)
			m.Restore(with)
		},
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for name, change := range ways {
			t.Run(name, func(t *testing.T) {
				m, c, d := twoCPUs(t, a, 0xb0, movAL1) // mov $1,%al
				m.Step(0)
				m.Step(1)
				require.EqualValues(t, 1, c.GPR[x86.RAX])
				require.EqualValues(t, 1, d.GPR[x86.RAX])
				change(t, m, c, d)
				c.RIP, d.RIP = 0x1000, 0x1000
				m.Step(0)
				m.Step(1)
				require.NoError(t, m.Err())
				require.EqualValues(t, 2, c.GPR[x86.RAX])
				require.EqualValues(t, 2, d.GPR[x86.RAX])
			})
		}
	})
}

// Arming and disarming a breakpoint byte: each fetch sees what memory holds.
func TestP13BreakpointByteComesAndGoes(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := newTaken(t, a, 0xb0, 7)
		for range 5 {
			c.RIP = 0x1000
			m.PokeWord(c.Space, 0x1000, 1, 0xcc)
			m.Step(0)
			require.EqualValues(t, x86.VecBP, k.last(t).Vector)
			k.traps = nil
			c.RIP, c.GPR[x86.RAX] = 0x1000, 0
			m.PokeWord(c.Space, 0x1000, 1, 0xb0)
			m.Step(0)
			require.Empty(t, k.traps)
			require.EqualValues(t, 7, c.GPR[x86.RAX])
		}
	})
}

// Frames that take turns at one address: a stale translation must not run.
func TestP13FramesTakingTurns(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c := newTest(t, a)
		var frames [3]Frame
		for i := range frames {
			f, err := m.Mem.Alloc()
			require.NoError(t, err)
			frames[i] = f
			copy(m.Mem.Bytes(f), []byte{0xb0, byte(i + 1)})
		}
		for _, i := range []int{0, 1, 0, 2, 1, 1, 0} {
			c.Space.Unmap(0x1000, 1)
			require.NoError(t, c.Space.Map(0x1000, frames[i], 1, Exec))
			c.RIP = 0x1000
			m.Step(0)
			require.NoError(t, m.Err())
			require.EqualValues(t, i+1, c.GPR[x86.RAX])
		}
		// the same bytes now lie where other ones were translated
		c.Space.Unmap(0x1000, 1)
		m.Mem.MarkDirty(frames[1])
		copy(m.Mem.Bytes(frames[1]), []byte{0xb0, 1})
		require.NoError(t, c.Space.Map(0x1000, frames[1], 1, Exec))
		c.RIP, c.GPR[x86.RAX] = 0x1000, 0
		m.Step(0)
		require.EqualValues(t, 1, c.GPR[x86.RAX])
	})
}

func TestP13InstructionAcrossAPageBoundary(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, _ := twoCPUs(t, a)
		require.NoError(t, m.WriteBytes(c.Space, 0x1ffe, []byte{0xb8, 1, 2, 3, 4}))
		for _, want := range []uint64{0x04030201, 0x04030901, 0x05030901} {
			c.RIP = 0x1ffe
			m.Step(0)
			require.NoError(t, m.Err())
			require.Equal(t, want, c.GPR[x86.RAX])
			require.EqualValues(t, 0x2003, c.RIP)
			if want == 0x04030201 {
				m.PokeWord(c.Space, 0x2000, 1, 9) // the half behind the boundary
			} else {
				m.PokeWord(c.Space, 0x2002, 1, 5)
			}
		}
		f, err := m.Mem.Alloc()
		require.NoError(t, err)
		copy(m.Mem.Bytes(f), []byte{6, 6, 6})
		require.NoError(t, c.Space.Map(0x2000, f, 1, Exec))
		c.RIP = 0x1ffe
		m.Step(0)
		require.EqualValues(t, 0x06060601, c.GPR[x86.RAX])
	})
}
