package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// flat gives c flat ring-0 segments without tables.
func flat(c *CPU) {
	long := c.Space.arch == x86.AMD64
	c.setSeg(x86.CS, 0x10, flatCode(0, long))
	for _, i := range []int{x86.ES, x86.SS, x86.DS, x86.FS, x86.GS} {
		c.setSeg(i, 0x18, flatData(0))
	}
}

// newTest makes a machine with code at 0x1000 and a data page at 0x5000,
// stack page below 0x8000.
func newTest(t testing.TB, a x86.Arch, code ...byte) (*Machine, *CPU) {
	t.Helper()
	m, err := New(Config{Arch: a, CPUs: 1, Memory: 1 << 20})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	c := m.CPUs[0]
	for _, p := range []struct {
		va   uint64
		prot Prot
	}{{0x1000, Write | Exec}, {0x5000, Write}, {0x7000, Write}} {
		f, err := m.Mem.Alloc()
		require.NoError(t, err)
		require.NoError(t, c.Space.Map(p.va, f, 1, p.prot))
	}
	require.NoError(t, m.WriteBytes(c.Space, 0x1000, code))
	flat(c)
	c.RIP, c.GPR[x86.RSP] = 0x1000, 0x8000
	return m, c
}

func TestStepInstruction(t *testing.T) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		m, c := newTest(t, a, 0xb8, 1, 0, 0, 0 /* mov $1,%eax */, 0x50 /* push */, 0x01, 0xc0 /* add %eax,%eax */)
		ev := m.Step(0)
		require.NoError(t, m.Err())
		require.Equal(t, StepInstruction, ev.Kind)
		require.EqualValues(t, 1, c.GPR[x86.RAX])
		require.EqualValues(t, 0x1005, c.RIP)
		ev = m.Step(0)
		require.Len(t, ev.Writes, 1)
		require.EqualValues(t, 1, ev.Writes[0].New)
		require.EqualValues(t, 0x8000-a.Word(), ev.Writes[0].Addr)
		m.Step(0)
		require.EqualValues(t, 2, c.GPR[x86.RAX])
	}
}

func TestP10PushfKeepsGuestTF(t *testing.T) {
	m, c := newTest(t, x86.I386, 0x9c, 0x9c)
	ev := m.Step(0)
	require.EqualValues(t, 2, ev.Writes[0].New)
	v, _ := m.PeekWord(c.Space, 0x7ffc, 4)
	require.EqualValues(t, 2, v)
	c.RFLAGS |= x86.TF | x86.IF
	ev = m.Step(0)
	require.EqualValues(t, 0x302, ev.Writes[0].New)
	require.NotNil(t, ev.Raised)
	require.EqualValues(t, x86.VecDB, ev.Raised.Vector)
}

func BenchmarkStep(b *testing.B) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		b.Run(a.String(), func(b *testing.B) {
			m, _ := newTest(b, a, 0x01, 0xd8, 0x89, 0xc1, 0x50, 0x58, 0xeb, 0xf8)
			for b.Loop() {
				m.Step(0)
			}
			require.NoError(b, m.Err())
		})
	}
}

func BenchmarkSnapshotRestore(b *testing.B) {
	m, _ := newTest(b, x86.I386, 0x01, 0xd8, 0x89, 0xc1, 0x50, 0x58, 0xeb, 0xf8)
	s := m.Snapshot()
	for b.Loop() {
		m.Step(0)
		m.Step(0)
		m.Step(0)
		s2 := m.Snapshot()
		m.Restore(s)
		_ = s2
	}
}
