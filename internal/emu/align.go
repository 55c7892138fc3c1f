package emu

import "trapline/internal/emu/insn"

// opcodeSet is a set of opcodes of one map.
type opcodeSet [4]uint64

func opcodes(list ...byte) (s opcodeSet) {
	for _, op := range list {
		s[op/64] |= 1 << (op % 64)
	}
	return s
}

// span lists the opcodes from first to last.
func span(first, last byte) (s opcodeSet) {
	for op := int(first); op <= int(last); op++ {
		s[op/64] |= 1 << (op % 64)
	}
	return s
}

func join(sets ...opcodeSet) (s opcodeSet) {
	for _, x := range sets {
		for i := range s {
			s[i] |= x[i]
		}
	}
	return s
}

func (s *opcodeSet) has(op byte) bool { return s[op/64]>>(op%64)&1 != 0 }

// The legacy-encoded SSE instructions whose memory operand has 16 bytes and
// must be aligned, by map and mandatory prefix (SDM vol. 2, exception types 2
// and 4: MOVUPS, MOVDQU, LDDQU and PCMPxSTRx are exempt).
var (
	aligned0F = join(opcodes(0x14, 0x15, 0x28, 0x29, 0x2b, 0x5b, 0xc2, 0xc6), span(0x51, 0x59), span(0x5c, 0x5f))

	aligned0F66 = join(aligned0F, opcodes(0x2c, 0x2d, 0x5a, 0x6f, 0x70, 0x7c, 0x7d, 0x7f, 0xd0), span(0x60, 0x6d),
		span(0x74, 0x76), span(0xd1, 0xd5), span(0xd8, 0xdf), span(0xe0, 0xef), span(0xf1, 0xf6), span(0xf8, 0xfe))

	aligned0FF3 = opcodes(0x12, 0x16, 0x5b, 0x70)
	aligned0FF2 = opcodes(0x70, 0x7c, 0x7d, 0xd0, 0xe6)

	aligned0F38 = join(span(0x00, 0x0b), opcodes(0x10, 0x14, 0x15, 0x17, 0x1c, 0x1d, 0x1e, 0x28, 0x29, 0x2a, 0x2b, 0xcf),
		span(0x37, 0x41), span(0xdb, 0xdf))
	aligned0F3A = join(opcodes(0x08, 0x09, 0x40, 0x41, 0x42, 0x44, 0xce, 0xcf, 0xdf), span(0x0c, 0x0f))
)

// alignmentOf is the boundary in bytes that an SSE or AVX instruction's memory
// operand must lie on: #GP(0) otherwise. With VEX only moves that say so ask for
// one (SDM vol. 2, 2.4).
func alignmentOf(in *insn.Inst) uint64 {
	if in.Vex.Kind == insn.VexNone {
		if mustAlign(in) {
			return 16
		}
		return 1
	}
	if !in.HasMemory() {
		return 1
	}
	moves := false
	switch in.Map {
	case insn.Map0F: // VMOVAPS, VMOVNTPS; VMOVDQA, VMOVNTDQ
		moves = in.Opcode == 0x28 || in.Opcode == 0x29 || in.Opcode == 0x2b || in.Vex.PP == 1 && (in.Opcode&^0x10 == 0x6f || in.Opcode == 0xe7)
	case insn.Map0F38: // VMOVNTDQA
		moves = in.Opcode == 0x2a
	}
	if !moves {
		return 1
	}
	return 16 << in.Vex.L
}

// mustAlign reports whether in's memory operand must be 16-byte aligned: #GP(0)
// otherwise. The library does not check.
func mustAlign(in *insn.Inst) bool {
	if !in.HasMemory() || in.Vex.Kind != insn.VexNone {
		return false
	}
	switch in.Map {
	case insn.Map0F:
		switch {
		case in.Opcode == 0xae: // FXSAVE, FXRSTOR
			return in.Digit() < 2 && !in.Rep
		case in.Opcode == 0xc7: // CMPXCHG16B
			return in.Digit() == 1 && in.REX&insn.RexW != 0
		case in.Rep:
			return aligned0FF3.has(in.Opcode)
		case in.Repne:
			return aligned0FF2.has(in.Opcode)
		case in.OpSize:
			return aligned0F66.has(in.Opcode)
		}
		return aligned0F.has(in.Opcode)
	case insn.Map0F38:
		if in.OpSize {
			return aligned0F38.has(in.Opcode)
		}
		return false // SHA: not on AMD's processors
	case insn.Map0F3A:
		return in.OpSize && aligned0F3A.has(in.Opcode)
	}
	return false
}
