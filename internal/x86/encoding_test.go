package x86

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// K1: gates 1 and 3 of the 2002 patch are interrupt gates with DPL 3.
func TestGateBytes(t *testing.T) {
	for _, c := range []struct {
		gate Gate
		raw  []byte
		text string
	}{
		{
			Gate{Offset: 0xC0100080, Selector: 0x60, Type: InterruptGate, DPL: 3, Present: true},
			[]byte{0x80, 0x00, 0x60, 0x00, 0x00, 0xEE, 0x10, 0xC0},
			"interrupt gate (type 14) dpl 3 -> 0060:c0100080",
		},
		{
			Gate{Offset: 0xC0109ABC, Selector: 0x10, Type: TrapGate, Present: true},
			[]byte{0xBC, 0x9A, 0x10, 0x00, 0x00, 0x8F, 0x10, 0xC0},
			"trap gate (type 15) dpl 0 -> 0010:c0109abc",
		},
		{
			Gate{Selector: 0xF8, Type: TaskGate, Present: true}, // double fault by task switch
			[]byte{0x00, 0x00, 0xF8, 0x00, 0x00, 0x85, 0x00, 0x00},
			"task gate (type 5) dpl 0 -> 00f8:00000000",
		},
		{
			Gate{Offset: 0xFFFFFFFF81A00B30, Selector: 0x10, Type: InterruptGate, IST: 3, Present: true},
			[]byte{0x30, 0x0B, 0x10, 0x00, 0x03, 0x8E, 0xA0, 0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0},
			"interrupt gate (type 14) dpl 0 -> 0010:ffffffff81a00b30 ist 3",
		},
		{
			Gate{Type: InterruptGate16},
			[]byte{0, 0, 0, 0, 0, 0x06, 0, 0},
			"16-bit interrupt gate (type 6) dpl 0 -> 0000:00000000, not present",
		},
		{
			Gate{Type: 16 + 7},
			[]byte{0, 0, 0, 0, 0, 0x17, 0, 0},
			"no gate (type 23) dpl 0 -> 0000:00000000, not present",
		},
	} {
		assert.Equal(t, c.gate, DecodeGate(c.raw))
		assert.Equal(t, c.text, c.gate.String())
		if len(c.raw) == GateSize32 {
			b := c.gate.Encode32()
			assert.Equal(t, c.raw, b[:])
		} else {
			b := c.gate.Encode64()
			assert.Equal(t, c.raw, b[:])
		}
	}
}

func TestGateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := [GateSize64]byte(rapid.SliceOfN(rapid.Byte(), GateSize64, GateSize64).Draw(t, "bytes"))
		raw[4] &= 7 // the rest is reserved
		clear(raw[12:])
		assert.Equal(t, raw, DecodeGate(raw[:]).Encode64())

		short := [GateSize32]byte(raw[:])
		short[4] = 0
		assert.Equal(t, short, DecodeGate(short[:]).Encode32())
	})
}

// The values are those of every flat kernel's GDT.
func TestDescriptorValues(t *testing.T) {
	for _, c := range []struct {
		d    Descriptor
		raw  uint64
		text string
	}{
		{FlatCode32, 0x00CF9A000000FFFF, "32-bit code, base 00000000 limit ffffffff dpl 0"},
		{FlatData, 0x00CF92000000FFFF, "data, base 00000000 limit ffffffff dpl 0"},
		{FlatCode32.WithDPL(3), 0x00CFFA000000FFFF, "32-bit code, base 00000000 limit ffffffff dpl 3"},
		{FlatData.WithDPL(3), 0x00CFF2000000FFFF, "data, base 00000000 limit ffffffff dpl 3"},
		{FlatCode64, 0x00AF9A000000FFFF, "64-bit code, base 00000000 limit ffffffff dpl 0"},
		{
			Descriptor{Base: 0xC1234567, Limit: TSSSize - 1, Access: AccessTSS},
			0xC100892345670067, "TSS (available), base c1234567 limit 00000067 dpl 0",
		},
		{Descriptor{Limit: 0xFFFF, Access: 0x1A}, 0x00001A000000FFFF, "16-bit code, base 00000000 limit 0000ffff dpl 0, not present"},
		{Descriptor{}, 0, "reserved, base 00000000 limit 00000000 dpl 0, not present"},
	} {
		assert.Equal(t, c.raw, c.d.Encode(), c.text)
		assert.Equal(t, c.d, DecodeDescriptor(c.raw), c.text)
		assert.Equal(t, c.text, c.d.String())
	}
}

func TestDescriptorFlags(t *testing.T) {
	code, stack := Descriptor{Access: 0x9E, Flags: FlagsLong}, Descriptor{Access: 0x96, Limit: 5, Flags: 8}
	assert.True(t, code.Code() && code.Conforming() && code.Long() && code.Present())
	assert.False(t, code.Big() || code.Writable() || code.ExpandDown() || code.System())
	assert.True(t, stack.ExpandDown() && stack.Writable())
	assert.False(t, stack.Code() || stack.Conforming())
	assert.Equal(t, uint32(0x5FFF), stack.LastByte())
	assert.Equal(t, uint8(6), stack.Type())
	assert.Equal(t, uint8(2), stack.WithDPL(2).DPL())
	assert.Equal(t, "LDT", Descriptor{Access: AccessLDT}.TypeName())
}

func TestDescriptorRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.Uint64().Draw(t, "descriptor")
		assert.Equal(t, raw, DecodeDescriptor(raw).Encode())
	})
}

func TestSystemDescriptor64(t *testing.T) {
	d := Descriptor{Base: 0x81234000, Limit: TSSSize - 1, Access: AccessTSS}
	b := d.EncodeSystem64(0xFFFFFFFF)
	assert.Equal(t, []byte{0x67, 0, 0x00, 0x40, 0x23, 0x89, 0x00, 0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}, b[:])
}

func TestTSS32(t *testing.T) {
	tss := TSS32{
		Link: 0x80, CR3: 0x101000, EIP: 0xC0105000, EFLAGS: 2, LDT: 0x88, Trap: true, IOMap: TSSSize,
		GPR: [8]uint32{1, 2, 3, 4, 5, 6, 7, 8},
		Seg: [6]uint16{0x7B, 0x60, 0x68, 0x7B, 0, 0x33},
	}
	tss.Stacks[0] = Stack32{0xC02EC000, 0x68}
	tss.Stacks[2] = Stack32{0x1000, 0x12}
	b := tss.Encode()
	word := func(offset int) uint32 { return binary.LittleEndian.Uint32(b[offset:]) }
	assert.Equal(t, []uint32{0x80, 0xC02EC000, 0x68}, []uint32{word(0), word(4), word(8)})
	assert.Equal(t, []uint32{0x1000, 0x12}, []uint32{word(20), word(24)})
	assert.Equal(t, []uint32{0x101000, 0xC0105000, 2}, []uint32{word(28), word(32), word(36)})
	assert.Equal(t, []uint32{1, 5, 8}, []uint32{word(40), word(56), word(68)}, "eax, esp, edi")
	assert.Equal(t, []uint32{0x7B, 0x60, 0x33}, []uint32{word(72), word(76), word(92)}, "es, cs, gs")
	assert.Equal(t, []uint32{0x88, TSSSize<<16 | 1}, []uint32{word(96), word(100)})
	assert.Equal(t, tss, DecodeTSS32(b))
}

func TestTSSRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := [TSSSize]byte(rapid.SliceOfN(rapid.Byte(), TSSSize, TSSSize).Draw(t, "bytes"))
		tss32 := DecodeTSS32(raw)
		assert.Equal(t, tss32, DecodeTSS32(tss32.Encode()))
	})
}

// TestTSS64Offsets: SDM vol. 3, figure 8-11.
func TestTSS64Offsets(t *testing.T) {
	assert.Equal(t, 4, TSS64RSP0)
	assert.Equal(t, []uint64{36, 84}, []uint64{TSS64Stack(1), TSS64Stack(7)})
	assert.Equal(t, 102, TSSIOMap)
}
