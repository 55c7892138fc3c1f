package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// The processor's own results, measured on an AMD EPYC.
func TestBMI(t *testing.T) {
	const high, low = 0x00a1a2a3a4a5a6a7, 0x1122334455667788
	tests := []struct {
		name        string
		code        []byte
		want, flags uint64
	}{
		{"pdep (%rbx),%rax,%rcx", []byte{0xc4, 0xe2, 0xfb, 0xf5, 0x0b}, 0x0020210444245188, 0},
		{"pext (%rbx),%rax,%rcx", []byte{0xc4, 0xe2, 0xfa, 0xf5, 0x0b}, 0xa8265a, 0},
		{"pdep %r11d,%r10d,%ecx", []byte{0xc4, 0xc2, 0x2b, 0xf5, 0xcb}, 0x44c0c607, 0},
		{"pext (%r8),%r10d,%ecx", []byte{0xc4, 0xc2, 0x2a, 0xf5, 0x08}, 0xaa9a, 0},
		{"rorx $8,0x3ff6(%rip),%rcx", []byte{0xc4, 0xe3, 0xfb, 0xf0, 0x0d, 0xf6, 0x3f, 0, 0, 8}, 0x8811223344556677, 0},
		{"rorx $5,%eax,%ecx", []byte{0xc4, 0xe3, 0x7b, 0xf0, 0xc8, 5}, 0x3d252d35, 0},
		{"blsi (%rbx),%rcx", []byte{0xc4, 0xe2, 0xf0, 0xf3, 0x1b}, 8, x86.CF},
		{"blsi %edx,%ecx", []byte{0xc4, 0xe2, 0x70, 0xf3, 0xda}, 0, x86.ZF},
	}
	for _, test := range tests {
		m, c := newTest(t, x86.AMD64, test.code...)
		require.True(t, m.PokeWord(c.Space, memoryOperand, 8, low))
		c.GPR[x86.RAX], c.GPR[x86.RBX], c.GPR[x86.R8], c.GPR[x86.RDX] = high, memoryOperand, memoryOperand, 0
		c.GPR[x86.R10], c.GPR[x86.R11] = 0xc4c5c6c7, 0xd4d5d6d7
		m.Step(0)
		require.NoError(t, m.Err())
		require.Equal(t, test.want, c.GPR[x86.RCX], test.name)
		require.Equal(t, x86.FormatFlags(test.flags), x86.FormatFlags(c.RFLAGS&(x86.CF|x86.ZF|x86.SF|x86.OF)), test.name)
		require.EqualValues(t, 0x1000+len(test.code), c.RIP, test.name)
	}
}

// P11: RDPMC needs ring 0 or CR4.PCE.
func TestRDPMC(t *testing.T) {
	m, c, k := newTaken(t, x86.AMD64, 0x0f, 0x33)
	ring3(c)
	m.Step(0)
	require.EqualValues(t, x86.VecGP, k.last(t).Vector)
	c.Sys.CR4 |= CR4PCE
	c.RIP = 0x1000
	m.Step(0)
	require.Len(t, k.traps, 1)
	require.EqualValues(t, 0x1002, c.RIP)
}
