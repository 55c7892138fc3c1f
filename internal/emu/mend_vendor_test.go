package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// U10: 66 before a near branch in 64-bit mode means nothing on Intel's processors; on AMD's the operand is 16 bits
// wide, and the instruction pointer is cut to them.
func TestU10NearBranchWith66(t *testing.T) {
	const at, stack, pointer = 0x401000, 0x5800, 0x4455667788
	type end struct {
		rip    uint64
		popped int // bytes
	}
	tests := []struct {
		name       string
		code       []byte
		intel, amd end
	}{
		{"call rel", []byte{0x66, 0xe8, 0x10, 0, 0, 0}, end{at + 6 + 0x10, -8}, end{0x1000 + 4 + 0x10, -2}},
		{"jmp rel", []byte{0x66, 0xe9, 0x10, 0, 0, 0}, end{at + 6 + 0x10, 0}, end{0x1000 + 4 + 0x10, 0}},
		{"jmp rel8", []byte{0x66, 0xeb, 0x10}, end{at + 3 + 0x10, 0}, end{0x1000 + 3 + 0x10, 0}},
		{"jno rel8", []byte{0x66, 0x71, 0x10}, end{at + 3 + 0x10, 0}, end{0x1000 + 3 + 0x10, 0}},
		{"jno rel", []byte{0x66, 0x0f, 0x81, 0x10, 0, 0, 0}, end{at + 7 + 0x10, 0}, end{0x1000 + 5 + 0x10, 0}},
		{"ret", []byte{0x66, 0xc3}, end{pointer, 8}, end{pointer & 0xffff, 2}},
		{"call *%fs:(%rbx)", []byte{0x64, 0x66, 0xff, 0x13}, end{pointer, -8}, end{pointer & 0xffff, -2}},
		{"jmp *%rcx", []byte{0x66, 0xff, 0xe1}, end{pointer, 0}, end{pointer & 0xffff, 0}},
	}
	for _, v := range []Vendor{Intel, AMD} {
		for _, test := range tests {
			m, err := New(Config{Arch: x86.AMD64, CPUs: 1, Vendor: v})
			require.NoError(t, err)
			c := m.CPUs[0]
			for _, page := range []uint64{at, stack &^ (PageSize - 1)} {
				f, err := m.Mem.Alloc()
				require.NoError(t, err)
				require.NoError(t, c.Space.Map(page, f, 1, Write|Exec))
			}
			require.NoError(t, m.WriteBytes(c.Space, at, test.code))
			flat(c)
			for _, word := range []uint64{stack, stack + 0x10} {
				require.True(t, m.PokeWord(c.Space, word, 8, pointer))
			}
			c.RIP, c.GPR[x86.RSP], c.GPR[x86.RBX], c.GPR[x86.RCX], c.Seg[x86.FS].Base = at, stack, stack, pointer, 0x10
			m.Step(0)
			require.NoError(t, m.Err())
			want := test.amd
			if v == Intel {
				want = test.intel
			}
			require.Equal(t, want, end{c.RIP, int(c.GPR[x86.RSP] - stack)}, "%v: %s", v, test.name)
			m.Close()
		}
	}
}
