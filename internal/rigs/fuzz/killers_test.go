package fuzz_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/fuzz"
	"trapline/internal/rigs/silicon"
	"trapline/internal/x86"
)

// outcome steps code once and returns the vector it raises, or -1.
func outcome(t *testing.T, mode silicon.Mode, ring int, code ...byte) int {
	t.Helper()
	m, err := fuzz.NewMachine(mode, ring)
	require.NoError(t, err)
	defer m.Close()
	c := fuzz.NewSource(mode, 1).Next()
	c.Code = code
	for i := range c.GPR {
		c.GPR[i] = fuzz.Operand
	}
	c.GPR[x86.RAX] = 1 // a bit offset, too
	vector, err := m.First(c)
	require.NoError(t, err)
	return vector
}

// The three classes of bytes that kill the CPU library when it translates them. In the code, 03 is
// (%ebx) or (%rbx), c3 and d8 are registers.

func TestLockMisuseIsUndefined(t *testing.T) {
	for _, code := range [][]byte{
		{0xf0, 0x39, 0x03},             // cmp %eax,(%ebx)
		{0xf0, 0x81, 0x3b, 1, 0, 0, 0}, // cmpl $1,(%ebx)
		{0xf0, 0x83, 0x3b, 1},          // cmpl $1,(%ebx), imm8
		{0xf0, 0x0f, 0xa3, 0x03},       // bt %eax,(%ebx)
		{0xf0, 0x0f, 0xa3, 0xc3},       // bt, bts, btr, btc of a register
		{0xf0, 0x0f, 0xab, 0xc3}, {0xf0, 0x0f, 0xb3, 0xc3}, {0xf0, 0x0f, 0xbb, 0xc3},
		{0xf0, 0x0f, 0xba, 0xeb, 1},            // bts $1,%ebx
		{0xf0, 0xa7},                           // cmps
		{0xf0, 0x01, 0xc3}, {0xf0, 0x03, 0x03}, // add to a register
		{0xf0, 0xf7, 0x23}, {0xf0, 0xd3, 0x23}, // mul, shl of memory
		{0xf0, 0x90}, {0xf0, 0x89, 0x03}, // nop, mov
		{0xf0, 0x0f, 0xc7, 0xcb},         // cmpxchg8b of a register
		{0xf0, 0xcc}, {0xf0, 0xcd, 0x80}, // int3, int
		{0xf0, 0x0f, 0x23, 0xf8}, {0xf0, 0xf4}, // mov to dr7, hlt
	} {
		for _, mode := range silicon.Modes {
			for _, ring := range []int{0, 3} {
				require.Equal(t, int(x86.VecUD), outcome(t, mode, ring, code...), "%v ring %d: % x", mode, ring, code)
			}
		}
	}
}

func TestLegitimateLockRuns(t *testing.T) {
	for _, code := range [][]byte{
		{0xf0, 0x01, 0x03}, {0xf0, 0x09, 0x03}, {0xf0, 0x11, 0x03}, {0xf0, 0x19, 0x03}, // add, or, adc, sbb
		{0xf0, 0x21, 0x03}, {0xf0, 0x29, 0x03}, {0xf0, 0x31, 0x03}, {0xf0, 0x00, 0x03}, // and, sub, xor, addb
		{0xf0, 0x81, 0x03, 1, 0, 0, 0}, {0xf0, 0x83, 0x33, 1}, {0xf0, 0x80, 0x2b, 1}, // with an immediate
		{0xf0, 0xff, 0x03}, {0xf0, 0xff, 0x0b}, {0xf0, 0xfe, 0x03}, // inc, dec, incb
		{0xf0, 0xf7, 0x13}, {0xf0, 0xf7, 0x1b}, {0xf0, 0xf6, 0x13}, // not, neg, notb
		{0xf0, 0x87, 0x03}, {0xf0, 0x86, 0x03}, {0xf0, 0x0f, 0xc1, 0x03}, {0xf0, 0x0f, 0xb1, 0x03}, // xchg, xadd, cmpxchg
		{0xf0, 0x0f, 0xab, 0x03}, {0xf0, 0x0f, 0xb3, 0x03}, {0xf0, 0x0f, 0xbb, 0x03}, // bts, btr, btc
		{0xf0, 0x0f, 0xba, 0x2b, 1}, {0xf0, 0x0f, 0xba, 0x33, 1}, {0xf0, 0x0f, 0xba, 0x3b, 1},
		{0xf0, 0x0f, 0xc7, 0x0b},       // cmpxchg8b
		{0xf0, 0x66, 0x0f, 0xc1, 0x03}, // xadd of 16 bits
	} {
		for _, mode := range silicon.Modes {
			for _, ring := range []int{0, 3} {
				require.Equal(t, -1, outcome(t, mode, ring, code...), "%v ring %d: % x", mode, ring, code)
			}
		}
	}
	require.Equal(t, -1, outcome(t, silicon.Mode64, 3, 0xf0, 0x48, 0x0f, 0xc7, 0x0b), "cmpxchg16b")
}

func TestFarFormsOfARegisterAreUndefined(t *testing.T) {
	for _, mode := range silicon.Modes {
		for _, ring := range []int{0, 3} {
			for modrm := 0xd8; modrm <= 0xef; modrm++ { // FF /3 and /5 with mod 11b
				if modrm >= 0xe0 && modrm < 0xe8 {
					continue // /4: jmp
				}
				require.Equal(t, int(x86.VecUD), outcome(t, mode, ring, 0xff, byte(modrm)), "%v: ff %02x", mode, modrm)
			}
			require.Equal(t, int(x86.VecUD), outcome(t, mode, ring, 0xff, 0xf8), "ff /7")
			require.Equal(t, int(x86.VecUD), outcome(t, mode, ring, 0xfe, 0xd8), "fe /3")
		}
	}
}

// TestDebugRegisterMoves: ring 0 reads back what it wrote, ring 3 gets #GP, DR4 and DR5 do not
// exist while CR4.DE is set (P11, P12).
func TestDebugRegisterMoves(t *testing.T) {
	for _, mode := range silicon.Modes {
		for n := range byte(8) {
			write, read := []byte{0x0f, 0x23, 0xc3 | n<<3}, []byte{0x0f, 0x21, 0xc3 | n<<3} // mov %ebx,%drN and back
			for _, code := range [][]byte{write, read} {
				require.Equal(t, int(x86.VecGP), outcome(t, mode, 3, code...), "%v: % x", mode, code)
				want := -1
				if n == 4 || n == 5 {
					want = int(x86.VecUD)
				}
				require.Equal(t, want, outcome(t, mode, 0, code...), "%v: % x", mode, code)
			}
		}
		m, err := fuzz.NewMachine(mode, 0)
		require.NoError(t, err)
		defer m.Close()
		c := fuzz.NewSource(mode, 1).Next()
		c.Code = []byte{0x0f, 0x23, 0xc0, 0x0f, 0x21, 0xc1} // mov %eax,%dr0; mov %dr0,%ecx
		c.GPR[x86.RAX] = 0x12345678
		gpr, err := m.Registers(c, 2)
		require.NoError(t, err)
		require.EqualValues(t, 0x12345678, gpr[x86.RCX])
	}
}

// FuzzGuestBytes lets the go command mutate: the first byte chooses mode and ring, the next 8 seed
// the registers.
func FuzzGuestBytes(f *testing.F) {
	for _, mode := range silicon.Modes {
		source := fuzz.NewSource(mode, 1)
		for i := range 32 {
			header := append([]byte{byte(i)}, make([]byte, 8)...)
			f.Add(append(header, source.Code()...))
		}
	}
	machines := map[byte]*fuzz.Machine{}
	for i, mode := range silicon.Modes {
		for j, ring := range []int{0, 3} {
			m, err := fuzz.NewMachine(mode, ring)
			require.NoError(f, err)
			f.Cleanup(m.Close)
			machines[byte(2*i+j)] = m
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const header = 9
		if len(data) <= header || len(data) > header+fuzz.MaxCode {
			return
		}
		which := data[0] & 3
		c := fuzz.NewSource(silicon.Modes[which/2], binary.LittleEndian.Uint64(data[1:])).Next()
		c.Code = data[header:]
		c.At = fuzz.End(len(c.Code))
		require.NoError(t, machines[which].Do(c))
	})
}
