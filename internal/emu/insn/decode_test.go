package insn

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// code turns "48 89 e5" into bytes.
func code(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	require.NoError(t, err)
	return b
}

// decode decodes text, which must be one whole valid instruction.
func decode(t testing.TB, m Mode, text string) Inst {
	t.Helper()
	b := code(t, text)
	i, err := Decode(b, m)
	require.NoError(t, err, "%v %s", m, text)
	require.Equal(t, len(b), i.Len, "%v %s", m, text)
	return i
}

func TestFieldsOfPrefixes(t *testing.T) {
	i := decode(t, Mode64, "66 64 f3 48 0f 1f 40 00")
	assert.True(t, i.OpSize && i.Rep && !i.Repne && !i.Lock && !i.AddrSize)
	assert.Equal(t, SegFS, i.Seg)
	assert.Equal(t, byte(0x48), i.REX)
	assert.Equal(t, 3, i.PrefixLen)
	assert.Equal(t, 5, i.OpcodeOff)
	assert.Equal(t, Map0F, i.Map)
	assert.Equal(t, 64, i.OperandBits, "REX.W wins over 66")

	i = decode(t, Mode64, "48 66 90")
	assert.Zero(t, i.REX, "a REX that is not last does not count")
	assert.Equal(t, 2, i.PrefixLen)
	assert.Equal(t, 16, i.OperandBits)

	i = decode(t, Mode64, "f2 f3 90")
	assert.True(t, i.Rep && !i.Repne, "the last of F2 and F3 counts")
	assert.True(t, i.Attr().Has(Pause))

	i = decode(t, Mode32, "26 2e 36 3e 65 64 90")
	assert.Equal(t, SegFS, i.Seg)
	for n, b := range []string{"26", "2e", "36", "3e", "64", "65"} {
		assert.Equal(t, SegES+SegPrefix(n), decode(t, Mode32, b+" 90").Seg)
	}
}

// CS.D=0: 16 bits unless 66 or 67 stands before (SDM vol. 1, table 3-3).
func TestSizesOf16BitCode(t *testing.T) {
	for text, want := range map[string][2]int{
		"8b 07": {16, 16}, "66 8b 07": {32, 16}, "67 8b 03": {16, 32}, "66 67 8b 03": {32, 32},
		"b8 34 12": {16, 16}, "66 b8 78 56 34 12": {32, 16}, "e8 00 00": {16, 16}, "66 e8 00 00 00 00": {32, 16},
		"ea 00 00 00 01": {16, 16}, "a1 34 12": {16, 16}, "67 a1 78 56 34 12": {16, 32}, "40": {16, 16}, "8b 46 fe": {16, 16},
		"8b 06 34 12": {16, 16}, "67 8b 04 24": {16, 32}, "c8 04 00 00": {16, 16},
	} {
		i := decode(t, Mode16, text)
		assert.Equal(t, want, [2]int{i.OperandBits, i.AddressBits}, text)
	}
	assert.Equal(t, int64(-2), decode(t, Mode16, "8b 46 fe").Disp)
	assert.Equal(t, int64(0x1234), decode(t, Mode16, "8b 06 34 12").Disp)
}

func TestFieldsOfOperands(t *testing.T) {
	type fields struct {
		disp            int64
		dispOff, dispLn int
		imm             int64
		immOff, immLn   int
		imm2            uint16
	}
	for _, c := range []struct {
		mode Mode
		text string
		want fields
	}{
		{Mode32, "c7 44 24 f8 78 56 34 92", fields{-8, 3, 1, -0x6DCBA988, 4, 4, 0}},
		{Mode32, "66 c7 05 00 00 00 c0 fe ff", fields{-0x40000000, 3, 4, -2, 7, 2, 0}},
		{Mode32, "67 8b 46 10", fields{0x10, 3, 1, 0, 0, 0, 0}},          // 16-bit addressing
		{Mode32, "67 8b 06 34 12", fields{0x1234, 3, 2, 0, 0, 0, 0}},     // disp16 without base
		{Mode32, "67 8b 80 34 92", fields{-0x6DCC, 3, 2, 0, 0, 0, 0}},    // disp16 with base
		{Mode32, "a1 00 00 00 c0", fields{0xC0000000, 1, 4, 0, 0, 0, 0}}, // moffs
		{Mode32, "67 a1 00 f0", fields{0xF000, 2, 2, 0, 0, 0, 0}},
		{Mode64, "a1 88 77 66 55 44 33 22 91", fields{-0x6EDDCCBBAA998878, 1, 8, 0, 0, 0, 0}},
		{Mode64, "67 a1 88 77 66 95", fields{0x95667788, 2, 4, 0, 0, 0, 0}},
		{Mode64, "48 b8 88 77 66 55 44 33 22 11", fields{0, 0, 0, 0x1122334455667788, 2, 8, 0}},
		{Mode64, "48 c7 c0 ff ff ff ff", fields{0, 0, 0, -1, 3, 4, 0}},
		{Mode64, "83 c0 ff", fields{0, 0, 0, -1, 2, 1, 0}},   // sign-extended
		{Mode64, "c1 e0 ff", fields{0, 0, 0, 0xFF, 2, 1, 0}}, // a count is not
		{Mode64, "cd 80", fields{0, 0, 0, 0x80, 1, 1, 0}},
		{Mode64, "c2 fe ff", fields{0, 0, 0, 0xFFFE, 1, 2, 0}},
		{Mode64, "c8 00 80 1f", fields{0, 0, 0, 0x8000, 1, 2, 0x1F}}, // enter
		{Mode32, "9a 44 33 22 f1 60 00", fields{0, 0, 0, 0xF1223344, 1, 4, 0x60}},
		{Mode32, "66 ea 44 83 60 00", fields{0, 0, 0, 0x8344, 2, 2, 0x60}},
		{Mode64, "f2 0f 78 c1 08 04", fields{0, 0, 0, 8, 4, 1, 4}},            // insertq
		{Mode64, "80 3d f9 ff ff ff 01", fields{-7, 2, 4, 1, 6, 1, 0}},        // RIP-relative with immediate
		{Mode64, "8b 04 25 00 10 60 ff", fields{-0x9FF000, 3, 4, 0, 0, 0, 0}}, // SIB without base
		{Mode64, "f6 05 01 00 00 00 80", fields{1, 2, 4, 0x80, 6, 1, 0}},      // test, group 3
		{Mode64, "62 f1 7c 48 58 40 01", fields{1, 6, 1, 0, 0, 0, 0}},         // disp8 is not scaled
		{Mode64, "c4 e3 79 16 44 24 08 ff", fields{8, 6, 1, 0xFF, 7, 1, 0}},   // vpextrd
		{Mode32, "68 ff ff ff ff", fields{0, 0, 0, -1, 1, 4, 0}},              // push
		{Mode32, "66 68 ff ff", fields{0, 0, 0, -1, 2, 2, 0}},
	} {
		i := decode(t, c.mode, c.text)
		got := fields{i.Disp, i.DispOff, i.DispLen, i.Imm, i.ImmOff, i.ImmLen, i.Imm2}
		assert.Equal(t, c.want, got, c.text)
	}
}

func TestFieldsOfModRM(t *testing.T) {
	i := decode(t, Mode64, "4a 8b 44 bd 08")
	assert.True(t, i.HasModRM && i.HasSIB && i.HasMemory())
	assert.Equal(t, []int{1, 0, 4, 2}, []int{i.Mod(), i.Digit(), i.RM(), i.ModRMOff})
	assert.Equal(t, byte(0xBD), i.SIB)
	assert.True(t, i.Attr().Has(Memory))

	i = decode(t, Mode64, "0f 20 c0") // mov rax,cr0
	assert.False(t, i.HasMemory())
	i = decode(t, Mode64, "0f 20 00") // the same: mod is ignored
	assert.False(t, i.HasMemory())
	assert.Equal(t, 64, i.OperandBits)

	for _, text := range []string{"48 8d 04 24", "0f 1f 00", "0f 18 08", "0f 01 38"} { // lea, nop, prefetch, invlpg
		i = decode(t, Mode64, text)
		assert.True(t, i.HasMemory(), text)
		assert.False(t, i.Attr().Has(Memory), text)
	}
	assert.True(t, decode(t, Mode32, "a1 00 00 00 00").Attr().Has(Memory))
}

func TestFieldsOfVex(t *testing.T) {
	i := decode(t, Mode64, "c4 e2 f3 f7 c2") // shrx rax,rdx,rcx
	assert.Equal(t, Vex{Kind: Vex3, W: true, VVVV: 1, PP: 3}, i.Vex)
	assert.Equal(t, 64, i.OperandBits)
	i = decode(t, Mode64, "c5 7d 6f 40 20") // vmovdqa ymm8,[rax+32]
	assert.Equal(t, Vex{Kind: Vex2, R: true, L: 1, PP: 1}, i.Vex)
	assert.Equal(t, 2, i.OpcodeOff)
	i = decode(t, Mode64, "c4 02 09 92 1c 60") // vgatherdps: every extension bit
	assert.Equal(t, Vex{Kind: Vex3, R: true, X: true, B: true, VVVV: 14, PP: 1}, i.Vex)
	i = decode(t, Mode64, "67 62 61 14 d3 58 07") // vaddps zmm24{k3}{z},zmm29,[edi]{1to16}
	assert.Equal(t, Vex{Kind: Evex, Off: 1, R: true, RHi: true, VHi: true, VVVV: 13, L: 2, Z: true, Bcst: true, AAA: 3}, i.Vex)
	assert.Equal(t, Map0F, i.Map)
	assert.Equal(t, 5, i.OpcodeOff)
	assert.Equal(t, 1, i.PrefixLen)

	for _, text := range []string{"c4 00", "c5 38", "62 08"} { // les, lds, bound
		assert.Equal(t, VexNone, decode(t, Mode32, text).Vex.Kind)
	}
	i = decode(t, Mode32, "c5 f9 ef c0") // vpxor
	assert.Equal(t, Vex2, i.Vex.Kind)
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		mode             Mode
		text             string
		operand, address int
	}{
		{Mode32, "89 c8", 32, 32},
		{Mode32, "66 67 89 c8", 16, 16},
		{Mode64, "89 c8", 32, 64},
		{Mode64, "67 66 89 c8", 16, 32},
		{Mode64, "50", 64, 64}, // default 64
		{Mode64, "66 50", 16, 64},
		{Mode64, "c3", 64, 64},
		{Mode64, "66 c3", 64, 64},    // Intel ignores 66
		{Mode64AMD, "66 c3", 16, 64}, // AMD does not
		{Mode64AMD, "66 48 c3", 64, 64},
		{Mode64, "cf", 32, 64},
		{Mode64, "48 cf", 64, 64},
		{Mode32, "66 0f 22 c0", 32, 32}, // mov cr0,eax
	} {
		i := decode(t, c.mode, c.text)
		assert.Equal(t, []int{c.operand, c.address}, []int{i.OperandBits, i.AddressBits}, "%v %s", c.mode, c.text)
	}
}

func TestInvalid(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		text string
		err  error
		len  int
	}{
		{Mode64, "06", errOnly32, 1},
		{Mode64, "60", errOnly32, 1},
		{Mode64, "9a 00 00 00 00 00 00", errOnly32, 7},
		{Mode64, "ce", errOnly32, 1},
		{Mode64, "d6", errOnly32, 1},
		{Mode32, "0f 04", errUndefined, 2},
		{Mode64, "ff ff", errUndefined, 2},       // FF /7
		{Mode64, "ff 7c 24 08", errUndefined, 4}, // FF /7
		{Mode32, "fe d0", errUndefined, 2},
		{Mode32, "ff d8", errMemOnly, 2},      // FF /3 with a register
		{Mode64, "ff e8", errMemOnly, 2},      // FF /5 with a register
		{Mode64, "8d c0", errMemOnly, 2},      // lea
		{Mode64, "0f c7 c8", errUndefined, 3}, // cmpxchg8b with a register
		{Mode32, "8e c8", errUndefined, 2},    // mov cs
		{Mode32, "8c f0", errUndefined, 2},    // segment register 6
		{Mode32, "8e f8", errUndefined, 2},
		{Mode64, "0f 20 c8", errUndefined, 3},    // cr1
		{Mode64, "44 0f 20 d0", errCR, 4},        // cr10
		{Mode64, "44 0f 23 c0", errDR, 4},        // dr8
		{Mode64, "f3 0f 54 c0", errUndefined, 4}, // andps with F3
		{Mode32, "f3 0f ae c0", errOnly64, 4},    // rdfsbase
		{Mode64, "f0 90", errLock, 2},
		{Mode64, "f0 01 c8", errLock, 3},             // register
		{Mode64, "f0 39 08", errLock, 3},             // cmp
		{Mode64, "f0 81 38 00 00 00 00", errLock, 7}, // cmp
		{Mode64, "f0 03 08", errLock, 3},             // memory is the source
		{Mode64, "f0 0f a3 08", errLock, 4},          // bt
		{Mode64, "f0 0f ba e0 01", errLock, 5},       // bt
		{Mode64, "66 c5 f9 ef c0", errVexPrefix, 5},
		{Mode64, "48 c5 f9 ef c0", errVexPrefix, 5},
		{Mode64, "c4 e2 7d 0c c0", nil, 5},
		{Mode64, "c4 e2 fd 0c c0", errVexW, 5},
		{Mode64, "c4 e2 7d 41 c0", errVexL, 5},
		{Mode64, "c5 fd 6f c0", nil, 4},
		{Mode64, "c5 f5 6f c0", errVexV, 4},
		{Mode64, "c5 f2 10 c0", nil, 4},     // vmovss xmm0,xmm1,xmm0
		{Mode64, "c5 f2 10 00", errVexV, 4}, // vmovss xmm0,[rax] has no third operand
		{Mode64, "c4 e2 71 92 00", errSIB, 5},
		{Mode64, "c5 f8 04 c0", errUndefined, 3},       // no such VEX opcode
		{Mode64, "c4 e4 79 00", errUndefined, 4},       // no such VEX map
		{Mode64, "62 f1 78 48 58 c0", errUndefined, 5}, // fixed bit
	} {
		b := code(t, c.text)
		i, err := Decode(append(b, 0x90, 0x90, 0x90, 0x90), c.mode)
		assert.Equal(t, c.err, err, "%v %s", c.mode, c.text)
		assert.Equal(t, c.len, i.Len, "%v %s", c.mode, c.text)
		if c.err != nil {
			assert.ErrorIs(t, err, ErrInvalid)
		}
	}
}

func TestLockable(t *testing.T) {
	for _, text := range []string{"f0 01 08", "f0 83 00 01", "f0 ff 00", "f0 f6 18", "f0 87 08", "f0 0f b1 08", "f0 0f c1 08",
		"f0 0f c7 08", "f0 0f ab 08", "f0 0f ba 28 01", "f0 fe 08", "f0 0f b0 08"} {
		assert.True(t, decode(t, Mode32, text).Lockable(), text)
	}
}

func TestTooLong(t *testing.T) {
	prefixes := strings.Repeat("66", 14)
	i, err := Decode(code(t, prefixes+"90"), Mode64)
	require.NoError(t, err)
	assert.Equal(t, MaxLen, i.Len)

	for _, tail := range []string{"66", "6690", "0500", "05000000000000"} {
		_, err = Decode(code(t, prefixes+tail), Mode64)
		assert.ErrorIs(t, err, ErrTooLong, tail)
	}
	_, err = Decode(code(t, prefixes), Mode64)
	assert.ErrorIs(t, err, ErrTruncated)
	_, err = Decode(nil, Mode64)
	assert.ErrorIs(t, err, ErrTruncated)
}

// FuzzDecode: no panic, a length in range, and an instruction cut anywhere is ErrTruncated.
func FuzzDecode(f *testing.F) {
	for _, c := range benchCode {
		f.Add(c, uint8(Mode64))
	}
	f.Fuzz(func(t *testing.T, b []byte, mode uint8) {
		m := Mode(mode % 3)
		i, err := Decode(b, m)
		if errors.Is(err, ErrTruncated) || errors.Is(err, ErrTooLong) {
			return
		}
		if i.Len < 1 || i.Len > MaxLen || i.Len > len(b) {
			t.Fatalf("length %d of % x", i.Len, b)
		}
		for n := range i.Len {
			if _, err := Decode(b[:n], m); !errors.Is(err, ErrTruncated) {
				t.Fatalf("%d of %d bytes of % x: %v, want ErrTruncated", n, i.Len, b, err)
			}
		}
		again, err2 := Decode(b[:i.Len], m)
		if again != i || err2 != err {
			t.Fatalf("bytes behind the instruction matter: % x", b)
		}
		_, _ = i.UsedGPRs(), i.Attr().String()
		_, _ = i.BranchTarget(0)
		_, _ = i.StackDelta()
	})
}

// TestNoAllocation: Decode is on the path of every emulated step.
func TestNoAllocation(t *testing.T) {
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		for _, c := range benchCode {
			if i, err := Decode(c, Mode64); err != nil || i.UsedGPRs() == allGPR {
				t.Fail()
			}
		}
		if _, err := Decode([]byte{0x0F, 0x04}, Mode64); err == nil {
			t.Fail()
		}
	}))
}

func TestMapsRefuseContradictions(t *testing.T) {
	assert.Panics(t, func() {
		newMap(row{all, op(1), 0, 0, 0, nil}, row{p66, op(1), 0, 0, 0, nil})
	})
}
