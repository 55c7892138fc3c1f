package interp

import "trapline/internal/emu/insn"

// family completes an Op and gives its handler, or nil if the instruction is not of this package.
type family func(o *Op, in *insn.Inst) handler

// row names the family of some opcodes of a map.
type row struct {
	first, last byte
	step        int
	family      family
}

func only(h handler) family { return func(*Op, *insn.Inst) handler { return h } }

func newMap(rows ...row) (m [256]family) {
	for _, r := range rows {
		for op := int(r.first); op <= int(r.last); op += max(r.step, 1) {
			m[op] = r.family
		}
	}
	return m
}

// oneByte: SDM vol. 2, table A-2.
var oneByte = newMap(
	row{0x00, 0x38, 8, arithmetic}, row{0x01, 0x39, 8, arithmetic}, row{0x02, 0x3a, 8, arithmetic},
	row{0x03, 0x3b, 8, arithmetic}, row{0x04, 0x3c, 8, arithmetic}, row{0x05, 0x3d, 8, arithmetic},
	row{0x06, 0x1e, 8, pushes}, // 07, 0F, 17, 1F: not here
	row{0x27, 0x3f, 8, decimal},
	row{0x40, 0x4f, 1, incDec},
	row{0x50, 0x57, 1, only(pushRM)}, row{0x58, 0x5f, 1, only(pop)},
	row{0x60, 0x60, 1, only(pusha)}, row{0x61, 0x61, 1, only(popa)},
	row{0x62, 0x62, 1, only(bound)},
	row{0x63, 0x63, 1, movsxdOrArpl},
	row{0x68, 0x6a, 2, pushes}, row{0x69, 0x6b, 2, multiply},
	row{0x70, 0x7f, 1, jump},
	row{0x80, 0x83, 1, arithmeticImm},
	row{0x84, 0x85, 1, test}, row{0xa8, 0xa9, 1, test},
	row{0x86, 0x87, 1, exchange}, row{0x90, 0x97, 1, exchange},
	row{0x88, 0x8c, 1, move}, row{0xa0, 0xa3, 1, move}, row{0xb0, 0xbf, 1, move}, row{0xc6, 0xc7, 1, move},
	row{0x8d, 0x8d, 1, only(lea)},
	row{0x8f, 0x8f, 1, only(pop)},
	row{0x98, 0x98, 1, only(cbw)}, row{0x99, 0x99, 1, only(cwd)},
	row{0x9c, 0x9c, 1, only(pushf)}, row{0x9d, 0x9d, 1, only(popf)},
	row{0x9e, 0x9f, 1, flag}, row{0xf5, 0xf5, 1, flag}, row{0xf8, 0xfd, 1, flag},
	row{0xa4, 0xa7, 1, strings}, row{0xaa, 0xaf, 1, strings},
	row{0xc0, 0xc1, 1, shift}, row{0xd0, 0xd3, 1, shift},
	row{0xc2, 0xc3, 1, jump}, row{0xe0, 0xe3, 1, jump}, row{0xe8, 0xe9, 1, jump}, row{0xeb, 0xeb, 1, jump},
	row{0xc8, 0xc8, 1, func(o *Op, in *insn.Inst) handler { o.code = uint8(in.Imm2) & 31; return enter }},
	row{0xc9, 0xc9, 1, only(leave)},
	row{0xd4, 0xd5, 1, decimal}, row{0xd6, 0xd6, 1, only(salc)}, row{0xd7, 0xd7, 1, only(xlat)},
	row{0xf6, 0xf7, 1, unary}, row{0xfe, 0xff, 1, unary},
)

// map0F: SDM vol. 2, table A-3.
var map0F = newMap(
	row{0x0d, 0x0d, 1, prefetch}, row{0x18, 0x1f, 1, only(nop)},
	row{0x40, 0x4f, 1, conditional}, row{0x90, 0x9f, 1, conditional},
	row{0x80, 0x8f, 1, jump},
	row{0xa0, 0xa8, 8, pushes},
	row{0xa3, 0xbb, 8, bitTest}, row{0xba, 0xba, 1, bitTest},
	row{0xa4, 0xa5, 1, doubleShift}, row{0xac, 0xad, 1, doubleShift},
	row{0xae, 0xae, 1, group15},
	row{0xaf, 0xaf, 1, multiply},
	row{0xb0, 0xb1, 1, compareExchange}, row{0xc0, 0xc1, 1, compareExchange},
	row{0xb6, 0xb7, 1, extendMove}, row{0xbe, 0xbf, 1, extendMove},
	row{0xb8, 0xb8, 1, only(popcnt)},
	row{0xbc, 0xbd, 1, bitScan},
	row{0xc3, 0xc3, 1, move},
	row{0xc7, 0xc7, 1, compareExchangeWide},
	row{0xc8, 0xcf, 1, only(bswap)},
)

// familyOf finds an instruction's family, or nil.
func familyOf(in *insn.Inst) family {
	const others = insn.MMX | insn.SSE | insn.AVX | insn.AVX512 | insn.Undefined | insn.SegLoad |
		insn.PortIO | insn.CallFar | insn.JmpFar | insn.RetFar | insn.Xbegin
	switch {
	case in.Attr().Has(insn.X87) && in.Map == insn.OneByte:
		return x87
	case in.Attr().Has(others | insn.X87):
		return nil
	case in.Vex.Kind == insn.Evex:
		return nil
	case in.Vex.Kind != insn.VexNone:
		return vex
	}
	switch in.Map {
	case insn.OneByte:
		return oneByte[in.Opcode]
	case insn.Map0F:
		return map0F[in.Opcode]
	case insn.Map0F38:
		return map0F38Ops
	}
	return nil
}
