package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// Changes of the mappings count for the next step, also in a view that has
// been running, and also when there are more of them than a view replays.
func TestMappingChangesAreSeenByRunningViews(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, changes := range []int{1, MaxMapOps + 10} {
			m, c, k := newTaken(t, a, 0x89, 0x03, 0xeb, 0xfc) // mov %eax,(%ebx); jmp back
			c.GPR[x86.RBX] = 0x5000
			store := func() {
				c.RIP = 0x1000
				k.traps = nil
				m.Step(0)
				require.NoError(t, m.Err())
			}
			store()
			require.Empty(t, k.traps)
			p, ok := c.Space.Lookup(0x5000)
			require.True(t, ok)
			for range changes {
				c.Space.Protect(0x5000, 1, 0)
				c.Space.Protect(0x5000, 1, Exec)
			}
			store()
			require.Equal(t, PFProt|PFWrite, k.last(t).ErrCode)
			c.Space.Unmap(0x5000, 1)
			store()
			require.Equal(t, PFWrite, k.last(t).ErrCode)
			require.NoError(t, c.Space.Map(0x5000, p.Frame, 1, Write))
			store()
			require.Empty(t, k.traps)
		}
	})
}

// One frame at two addresses is one memory; a frame of another space is not seen.
func TestFramesAreSharedByMappings(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c := newTest(t, a, 0x89, 0x03) // mov %eax,(%ebx)
		p, _ := c.Space.Lookup(0x5000)
		other := m.NewSpace()
		require.NoError(t, other.Map(0x9000, p.Frame, 1, 0))
		c.GPR[x86.RAX], c.GPR[x86.RBX] = 0x1234, 0x5010
		m.Step(0)
		v, ok := m.PeekWord(other, 0x9010, 4)
		require.True(t, ok)
		require.EqualValues(t, 0x1234, v)
		_, ok = m.PeekWord(other, 0x5010, 4)
		require.False(t, ok)
	})
}

func TestCopyOnWriteByHand(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c := newTest(t, a, 0xb0, 1) // mov $1,%al
		other := m.NewSpace()
		p, _ := c.Space.Lookup(0x1000)
		require.NoError(t, other.Map(0x1000, p.Frame, 1, Exec))
		m.Step(0)
		f, err := m.Mem.Alloc()
		require.NoError(t, err)
		m.Mem.MarkDirty(f)
		copy(m.Mem.Bytes(f), m.Mem.Bytes(p.Frame))
		require.NoError(t, c.Space.Map(0x1000, f, 1, Exec))
		require.True(t, m.PokeWord(c.Space, 0x1001, 1, 2))
		c.RIP = 0x1000
		m.Step(0)
		require.EqualValues(t, 2, c.GPR[x86.RAX])
		c.RIP, c.Space = 0x1000, other
		m.Step(0)
		require.EqualValues(t, 1, c.GPR[x86.RAX], "the other space keeps the old page")
	})
}

func TestMemoryBound(t *testing.T) {
	m, err := New(Config{Arch: x86.I386, CPUs: 1, Memory: 3 * PageSize})
	require.NoError(t, err)
	defer m.Close()
	_, err = m.Mem.AllocRun(4)
	require.ErrorIs(t, err, ErrMemoryBound)
	first, err := m.Mem.AllocRun(3)
	require.NoError(t, err)
	_, err = m.Mem.Alloc()
	require.ErrorIs(t, err, ErrMemoryBound)
	require.ErrorContains(t, err, "12288 bytes")
	m.Mem.MarkDirty(first)
	m.Mem.Bytes(first)[0] = 9
	m.Mem.Free(first)
	again, err := m.Mem.Alloc()
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Zero(t, m.Mem.Bytes(again)[0], "zeroed")
}

func TestConfigBounds(t *testing.T) {
	for _, cfg := range []Config{{CPUs: 0}, {CPUs: MaxCPUs + 1}, {CPUs: 1, Memory: -1}, {CPUs: 1, Memory: MaxMemory + 1}} {
		_, err := New(cfg)
		require.ErrorContains(t, err, "expected 1 to", "%+v", cfg)
	}
}

func TestMapErrors(t *testing.T) {
	m, c := newTest(t, x86.I386)
	require.Error(t, c.Space.Map(0x1001, 0, 1, 0), "not aligned")
	require.Error(t, c.Space.Map(0x1000, 0, 0, 0), "nothing")
	require.Error(t, c.Space.Map(0xfffff000, 0, 2, 0), "above 4 GiB")
	require.ErrorIs(t, m.WriteBytes(c.Space, 0x5ffe, []byte{1, 2, 3}), ErrNotMapped)
	v, _ := m.PeekWord(c.Space, 0x5ffe, 2)
	require.Zero(t, v, "all or nothing")
	require.Equal(t, "rwxu", (Write | Exec | User).String())
	require.Equal(t, "r---", Prot(0).String())
}
