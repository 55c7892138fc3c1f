package insn

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBranchTarget(t *testing.T) {
	const pc = 0xC0100FF0
	for _, c := range []struct {
		mode Mode
		text string
		pc   uint64
		want uint64
	}{
		{Mode32, "eb fe", pc, pc},
		{Mode32, "75 10", pc, pc + 18},
		{Mode32, "e8 00 f0 ff ff", pc, pc - 0xFFB},
		{Mode32, "e3 02", pc, pc + 4},
		{Mode32, "e9 00 00 00 40", pc, 0x00100FF5},  // wraps at 4 GB
		{Mode32, "66 e9 00 10", pc, 0x1FF4},         // truncated to 16 bits
		{Mode32, "66 eb 10", pc, 0x1003},            // short jumps too
		{Mode32, "66 c7 f8 00 10", pc, pc + 0x1005}, // xbegin is not truncated
		{Mode64, "eb fe", 0xFFFFFFFF81000000, 0xFFFFFFFF81000000},
		{Mode64, "0f 84 00 00 00 80", 0x400000, 0xFFFFFFFF80400006},
	} {
		got, ok := decode(t, c.mode, c.text).BranchTarget(c.pc)
		assert.True(t, ok, c.text)
		assert.Equal(t, c.want, got, "%v %s", c.mode, c.text)
	}
	for _, text := range []string{"ff d0", "ff e0", "c3", "90", "cd 03", "ff 15 00 00 00 00"} {
		_, ok := decode(t, Mode64, text).BranchTarget(pc)
		assert.False(t, ok, text)
	}
}

// U10: 66 on a near branch is ignored by Intel in 64-bit mode, and gives a 16-bit operand on AMD.
func TestU10OperandSizeOfNearBranches(t *testing.T) {
	const pc = 0x7FFF12345678
	for _, opcode := range []string{"e8", "e9", "0f 84"} {
		text := "66 " + opcode + " 10 00 00 00"
		intel := decode(t, Mode64, text)
		target, _ := intel.BranchTarget(pc)
		assert.Equal(t, pc+uint64(intel.Len)+0x10, target)

		amd, err := Decode(code(t, text), Mode64AMD)
		assert.NoError(t, err)
		assert.Equal(t, intel.Len-2, amd.Len)
		target, _ = amd.BranchTarget(pc)
		assert.Equal(t, (pc+uint64(amd.Len)+0x10)&0xFFFF, target)
	}
	delta, _ := decode(t, Mode64AMD, "66 e8 00 00").StackDelta()
	assert.Equal(t, -2, delta)
	delta, _ = decode(t, Mode64, "66 e8 00 00 00 00").StackDelta()
	assert.Equal(t, -8, delta)
}

func TestRIPRelativeAddress(t *testing.T) {
	const pc = 0x555555554000
	i := decode(t, Mode64, "80 3d f9 0f 00 00 01") // the immediate behind the displacement counts
	got, ok := i.RIPRelativeAddress(pc)
	assert.True(t, ok)
	assert.Equal(t, uint64(pc+0x1000), got)

	got, _ = decode(t, Mode64, "67 8b 05 f8 0f 00 00").RIPRelativeAddress(pc)
	assert.Equal(t, uint64(0x55554FFF), got, "67 makes it EIP-relative")

	for _, text := range []string{"8b 04 25 00 00 00 00", "8b 45 00", "89 ed"} {
		_, ok = decode(t, Mode64, text).RIPRelativeAddress(pc)
		assert.False(t, ok, text)
	}
	assert.False(t, decode(t, Mode32, "8b 05 00 00 00 00").RIPRelative)
}

func TestStackDelta(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		text string
		want int
	}{
		{Mode32, "50", -4}, {Mode64, "50", -8}, {Mode64, "66 50", -2},
		{Mode32, "58", 4}, {Mode64, "41 5f", 8},
		{Mode64, "ff 30", -8}, {Mode64, "8f 00", 8}, {Mode64, "6a 00", -8}, {Mode32, "68 00 00 00 00", -4},
		{Mode32, "06", -4}, {Mode64, "0f a0", -8}, {Mode64, "0f a9", 8}, {Mode32, "1f", 4},
		{Mode32, "9c", -4}, {Mode64, "9d", 8}, {Mode32, "66 9c", -2},
		{Mode32, "60", -32}, {Mode32, "61", 32},
		{Mode64, "e8 00 00 00 00", -8}, {Mode64, "ff d0", -8}, {Mode32, "ff 10", -4},
		{Mode64, "c3", 8}, {Mode32, "c2 08 00", 12},
	} {
		got, ok := decode(t, c.mode, c.text).StackDelta()
		assert.True(t, ok, c.text)
		assert.Equal(t, c.want, got, "%v %s", c.mode, c.text)
	}
	for _, text := range []string{"c9", "c8 00 00 00", "cf", "90", "83 ec 08", "ff 18", "c5 f9 a0 c0"} {
		i, _ := Decode(code(t, text), Mode64)
		_, ok := i.StackDelta()
		assert.False(t, ok, text)
	}
}

func TestCondition(t *testing.T) {
	for text, want := range map[string]byte{"74 00": 4, "0f 8f 00 00 00 00": 15, "0f 95 c0": 5, "0f 42 c1": 2} {
		cc, ok := decode(t, Mode64, text).Condition()
		assert.True(t, ok)
		assert.Equal(t, want, cc, text)
	}
	_, ok := decode(t, Mode64, "eb 00").Condition()
	assert.False(t, ok)
}
