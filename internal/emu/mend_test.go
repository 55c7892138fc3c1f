package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// The results in this file are the processor's own, as package silicon finds
// them; here they hold where it cannot run.

// memoryOperand is where newTest's data page begins; the programs use EBX.
const memoryOperand = 0x5000

func TestMemoryArithmetic(t *testing.T) {
	tests := []struct {
		name  string
		code  []byte
		cl    uint64
		old   uint64
		want  uint64
		flags uint64
		open  uint64 // flags that the manual leaves undefined
	}{
		{"shl dword by cl", []byte{0xd3, 0x23}, 4, 0x18000001, 0x80000010, x86.CF | x86.SF, x86.OF | x86.AF},
		{"shr byte by cl", []byte{0xd2, 0x2b}, 1, 0x81, 0x40, x86.CF | x86.OF, x86.AF},
		{"sar word by cl", []byte{0x66, 0xd3, 0x3b}, 15, 0x8000, 0xffff, x86.SF | x86.PF, x86.OF | x86.AF},
		{"shr by cl of 32", []byte{0xd3, 0x2b}, 32, 5, 5, 0, 0},
		{"shld dword, eax, 8", []byte{0x0f, 0xa4, 0x03, 8}, 0, 0x01000000, 0x000000aa, x86.CF | x86.PF, x86.OF | x86.AF},
		{"shrd dword, eax, cl", []byte{0x0f, 0xad, 0x03}, 1, 3, 1, x86.CF, x86.AF},
		{"lock neg dword", []byte{0xf0, 0xf7, 0x1b}, 0, 1, 0xffffffff, x86.CF | x86.SF | x86.PF | x86.AF, 0},
		{"lock neg of the least byte", []byte{0xf0, 0xf6, 0x1b}, 0, 0x80, 0x80, x86.CF | x86.SF | x86.OF, 0},
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, test := range tests {
			m, c := newTest(t, a, test.code...)
			c.GPR[x86.RBX], c.GPR[x86.RCX], c.GPR[x86.RAX] = memoryOperand, test.cl, 0xaa000000
			require.True(t, m.PokeWord(c.Space, memoryOperand, 4, test.old))
			m.Step(0)
			require.NoError(t, m.Err())
			got, _ := m.PeekWord(c.Space, memoryOperand, 4)
			require.Equal(t, test.want, got, test.name)
			require.Equal(t, x86.FormatFlags(test.flags), x86.FormatFlags(c.RFLAGS&x86.FlagsStatus&^test.open), test.name)
			require.EqualValues(t, 0x1000+len(test.code), c.RIP, test.name)
		}
	})
}

func TestArithmeticRefusedByThePageIsAWrite(t *testing.T) {
	for _, code := range [][]byte{{0xd3, 0x23}, {0xf0, 0xf7, 0x1b}, {0x0f, 0xc7, 0x0b}} { // shl, lock neg, cmpxchg8b
		m, c, k := newTaken(t, x86.I386, code...)
		c.Space.Protect(memoryOperand, 1, 0)
		c.GPR[x86.RBX], c.GPR[x86.RCX] = memoryOperand, 1
		m.Step(0)
		require.EqualValues(t, x86.VecPF, k.last(t).Vector)
		require.Equal(t, PFProt|PFWrite, k.last(t).ErrCode)
	}
}

func TestEnterWithNestedFrames(t *testing.T) {
	m, c := newTest(t, x86.I386, 0xc8, 0x10, 0, 3) // enter $16, $3
	c.GPR[x86.RBP] = 0x7ff0
	require.True(t, m.PokeWord(c.Space, 0x7fec, 4, 0x1111))
	require.True(t, m.PokeWord(c.Space, 0x7fe8, 4, 0x2222))
	c.GPR[x86.RSP] = 0x7f00
	m.Step(0)
	for i, want := range []uint64{0x7ff0, 0x1111, 0x2222, 0x7efc} { // ebp, two outer frames, this one
		got, _ := m.PeekWord(c.Space, uint64(0x7efc-4*i), 4)
		require.Equal(t, want, got)
	}
	require.EqualValues(t, 0x7efc, c.GPR[x86.RBP])
	require.EqualValues(t, 0x7ef0-16, c.GPR[x86.RSP])
}

func TestCmpxchgLoadsOneRegister(t *testing.T) {
	const high = 0xffffffff_00000000
	m, c := newTest(t, x86.AMD64, 0x0f, 0xb1, 0xcb, 0x0f, 0xb1, 0xcb) // cmpxchg %ecx,%ebx twice
	c.GPR[x86.RAX], c.GPR[x86.RBX], c.GPR[x86.RCX] = high|5, high|6, 7
	m.Step(0)
	require.EqualValues(t, 6, c.GPR[x86.RAX])
	require.EqualValues(t, uint64(high|6), c.GPR[x86.RBX], "not equal: the destination is not touched")
	c.GPR[x86.RAX] = high | 6
	m.Step(0)
	require.EqualValues(t, uint64(high|6), c.GPR[x86.RAX], "equal: the accumulator is not touched")
	require.EqualValues(t, 7, c.GPR[x86.RBX])
}

func TestPopcntAndMovbe(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c := newTest(t, a, 0xf3, 0x0f, 0xb8, 0xc1, // popcnt %ecx,%eax
			0x0f, 0x38, 0xf1, 0x0b, // movbe %ecx,(%ebx)
			0x66, 0x0f, 0x38, 0xf0, 0x13) // movbe (%ebx),%dx
		c.GPR[x86.RBX], c.GPR[x86.RCX], c.GPR[x86.RDX] = memoryOperand, 0x80010203, 0xffff0000
		for range 3 {
			m.Step(0)
		}
		require.EqualValues(t, 5, c.GPR[x86.RAX])
		v, _ := m.PeekWord(c.Space, memoryOperand, 4)
		require.EqualValues(t, 0x03020180, v)
		require.EqualValues(t, 0xffff8001, c.GPR[x86.RDX])
	})
}

func TestMisalignedSSEOperand(t *testing.T) {
	for _, test := range []struct {
		name  string
		code  []byte
		fault bool
	}{
		{"movaps", []byte{0x0f, 0x28, 0x03}, true},
		{"movups", []byte{0x0f, 0x10, 0x03}, false},
		{"movdqa", []byte{0x66, 0x0f, 0x6f, 0x03}, true},
		{"movdqu", []byte{0xf3, 0x0f, 0x6f, 0x03}, false},
		{"paddd", []byte{0x66, 0x0f, 0xfe, 0x03}, true},
		{"paddd of an MMX register", []byte{0x0f, 0xfe, 0x03}, false},
		{"addss", []byte{0xf3, 0x0f, 0x58, 0x03}, false},
		{"pshufb", []byte{0x66, 0x0f, 0x38, 0x00, 0x03}, true},
		{"pcmpistri", []byte{0x66, 0x0f, 0x3a, 0x63, 0x03, 0}, false},
		{"fxsave", []byte{0x0f, 0xae, 0x03}, true},
	} {
		m, c, k := newTaken(t, x86.AMD64, test.code...)
		c.GPR[x86.RBX] = memoryOperand + 1
		m.Step(0)
		require.NoError(t, m.Err())
		if !test.fault {
			require.Empty(t, k.traps, test.name)
			continue
		}
		require.EqualValues(t, x86.VecGP, k.last(t).Vector, test.name)
	}
}

// TestFaultsKeepFPUState: a load or pop that faults in its second page, or an
// MMX instruction that faults, leaves x87 and SSE registers as they were.
func TestFaultsKeepFPUState(t *testing.T) {
	for _, code := range [][]byte{
		{0x0f, 0x10, 0x03},             // movups (%ebx),%xmm0
		{0xdb, 0x3b},                   // fstpt (%ebx)
		{0x0f, 0xfe, 0x83, 0, 1, 0, 0}, // paddd 0x100(%ebx),%mm0
	} {
		m, c, k := newTaken(t, x86.I386, append([]byte{0xd9, 0xe8}, code...)...) // fld1
		m.Step(0)
		c.GPR[x86.RBX] = memoryOperand + PageSize - 4
		var before, after [512]byte
		m.FXSave(c, &before)
		m.Step(0)
		require.EqualValues(t, x86.VecPF, k.last(t).Vector)
		m.FXSave(c, &after)
		require.Equal(t, before, after, "% x", code)
	}
}

// TestREXBeforeALegacyPrefixMeansNothing: 49 64 BE is MOV ESI, imm32, not MOV R14, imm64.
func TestREXBeforeALegacyPrefixMeansNothing(t *testing.T) {
	code := []byte{0x49, 0x64, 0xbe, 1, 2, 3, 4, 0x48, 0x66, 0x01, 0xd8} // mov $0x4030201,%esi; add %bx,%ax
	m, c := newTest(t, x86.AMD64, code...)
	c.GPR[x86.RAX], c.GPR[x86.RBX] = 0xffff, 0x10001
	for _, next := range []uint64{0x1007, 0x100b} {
		m.Step(0)
		require.NoError(t, m.Err())
		require.Equal(t, next, c.RIP)
	}
	require.EqualValues(t, 0x04030201, c.GPR[x86.RSI])
	require.Zero(t, c.GPR[x86.RAX])
	memory := make([]byte, len(code))
	c.Space.Peek(0x1000, memory)
	require.Equal(t, code, memory)
}

// TestNoAVX: VEX- and EVEX-encoded vector instructions are undefined, BMI ones are not.
func TestNoAVX(t *testing.T) {
	for _, code := range [][]byte{
		{0xc5, 0xf8, 0x58, 0xc1},                   // vaddps %xmm1,%xmm0,%xmm0
		{0xc5, 0xf8, 0x91, 0x1d, 0, 0x50, 0, 0},    // kmovw %k3,0x5000
		{0xc4, 0xe2, 0x79, 0x18, 0xc1},             // vbroadcastss
		{0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc1, 0x90}, // vaddps %zmm1,%zmm0,%zmm0
	} {
		m, _, k := newTaken(t, x86.AMD64, code...)
		m.Step(0)
		require.EqualValues(t, x86.VecUD, k.last(t).Vector, "% x", code)
	}
	m, c, k := newTaken(t, x86.AMD64, 0xc4, 0xe2, 0x78, 0xf2, 0xcb) // andn %ebx,%eax,%ecx
	c.GPR[x86.RAX], c.GPR[x86.RBX] = 0xf0, 0xff
	m.Step(0)
	require.Empty(t, k.traps)
	require.EqualValues(t, 0x0f, c.GPR[x86.RCX])
}

// TestOpSizeBesideF3MeansNothing: 66 F3 0F 2D is CVTSS2SI, not CVTPD2PI.
func TestOpSizeBesideF3MeansNothing(t *testing.T) {
	code := []byte{0x66, 0xf3, 0x0f, 0x2d, 0x06} // cvtss2si (%rsi),%eax
	m, c := newTest(t, x86.AMD64, code...)
	c.GPR[x86.RSI] = 0x5000
	require.NoError(t, m.WriteBytes(c.Space, 0x5000, []byte{0, 0, 0x40, 0x40})) // 3.0
	m.Step(0)
	require.NoError(t, m.Err())
	require.EqualValues(t, 3, c.GPR[x86.RAX])
}
