package interp

import "trapline/internal/emu/insn"

// mmxOps are the instructions on MMX registers: SDM vol. 2, tables.
var mmxOps = func() *vectorTable {
	t := &vectorTable{}
	t.add(insn.Map0F, mmx0F)
	t.add(insn.Map0F38, mmx0F38)
	t.add(insn.Map0F3A, []vectorRow{{np, 0x0f, 0x0f, mmxImm(palignr64)}})
	return t
}()

var mmx0F = []vectorRow{
	{np, 0x2a, 0x2a, fromMMX(4, single)}, {p66, 0x2a, 0x2a, fromMMX(8, double)},
	{np, 0x2c, 0x2d, toMMX(4, fromSingle)}, {p66, 0x2c, 0x2d, toMMX(8, fromDouble)},
	{np, 0x60, 0x60, mmxLow(8)}, {np, 0x61, 0x61, mmxLow(16)}, {np, 0x62, 0x62, mmxLow(32)}, {np, 0x63, 0x63, mmxHalf(packsswb)},
	{np, 0x64, 0x64, mmxWord(pcmpgtb)}, {np, 0x65, 0x65, mmxWord(pcmpgtw)}, {np, 0x66, 0x66, mmxWord(pcmpgtd)},
	{np, 0x67, 0x67, mmxHalf(packuswb)},
	{np, 0x68, 0x68, mmxHigh(8)}, {np, 0x69, 0x69, mmxHigh(16)}, {np, 0x6a, 0x6a, mmxHigh(32)}, {np, 0x6b, 0x6b, mmxHalf(packssdw)},
	{np, 0x6e, 0x6e, mmxFromGeneral}, {np, 0x6f, 0x6f, mmxWord(second)}, {np, 0x70, 0x70, mmxImm(pshufw)},
	{np, 0x71, 0x71, mmxShiftImm(2)}, {np, 0x72, 0x72, mmxShiftImm(4)}, {np, 0x73, 0x73, mmxShiftImm(8)},
	{np, 0x74, 0x74, mmxWord(pcmpeqb)}, {np, 0x75, 0x75, mmxWord(pcmpeqw)}, {np, 0x76, 0x76, mmxWord(pcmpeqd)},
	{np, 0x77, 0x77, emms}, {np, 0x7e, 0x7e, mmxToGeneral}, {np, 0x7f, 0x7f, mmxStore},
	{np, 0xc4, 0xc4, mmxInsert}, {np, 0xc5, 0xc5, mmxToRegister(pextrw64)},
	{np, 0xd1, 0xd1, mmxShift(shiftRight, 2)}, {np, 0xd2, 0xd2, mmxShift(shiftRight, 4)}, {np, 0xd3, 0xd3, mmxShift(shiftRight, 8)},
	{np, 0xd4, 0xd4, mmxWord(paddq)}, {np, 0xd5, 0xd5, mmxWord(pmullw)}, {pF3, 0xd6, 0xd6, movq2dq}, {pF2, 0xd6, 0xd6, movdq2q},
	{np, 0xd7, 0xd7, mmxToRegister(pmovmskb64)},
	{np, 0xd8, 0xd8, mmxWord(psubusb)}, {np, 0xd9, 0xd9, mmxWord(psubusw)}, {np, 0xda, 0xda, mmxWord(pminub)},
	{np, 0xdb, 0xdb, mmxWord(pand)}, {np, 0xdc, 0xdc, mmxWord(paddusb)}, {np, 0xdd, 0xdd, mmxWord(paddusw)},
	{np, 0xde, 0xde, mmxWord(pmaxub)}, {np, 0xdf, 0xdf, mmxWord(pandn)},
	{np, 0xe0, 0xe0, mmxWord(pavgb)}, {np, 0xe1, 0xe1, mmxShift(shiftArithmetic, 2)}, {np, 0xe2, 0xe2, mmxShift(shiftArithmetic, 4)},
	{np, 0xe3, 0xe3, mmxWord(pavgw)}, {np, 0xe4, 0xe4, mmxWord(pmulhuw)}, {np, 0xe5, 0xe5, mmxWord(pmulhw)}, {np, 0xe7, 0xe7, mmxStore},
	{np, 0xe8, 0xe8, mmxWord(psubsb)}, {np, 0xe9, 0xe9, mmxWord(psubsw)}, {np, 0xea, 0xea, mmxWord(pminsw)},
	{np, 0xeb, 0xeb, mmxWord(por)}, {np, 0xec, 0xec, mmxWord(paddsb)}, {np, 0xed, 0xed, mmxWord(paddsw)},
	{np, 0xee, 0xee, mmxWord(pmaxsw)}, {np, 0xef, 0xef, mmxWord(pxor)},
	{np, 0xf1, 0xf1, mmxShift(shiftLeft, 2)}, {np, 0xf2, 0xf2, mmxShift(shiftLeft, 4)}, {np, 0xf3, 0xf3, mmxShift(shiftLeft, 8)},
	{np, 0xf4, 0xf4, mmxWord(pmuludq)}, {np, 0xf5, 0xf5, mmxWord(pmaddwd)}, {np, 0xf6, 0xf6, mmxWord(psadbw)}, {np, 0xf7, 0xf7, maskmovq},
	{np, 0xf8, 0xf8, mmxWord(psubb)}, {np, 0xf9, 0xf9, mmxWord(psubw)}, {np, 0xfa, 0xfa, mmxWord(psubd)}, {np, 0xfb, 0xfb, mmxWord(psubq)},
	{np, 0xfc, 0xfc, mmxWord(paddb)}, {np, 0xfd, 0xfd, mmxWord(paddw)}, {np, 0xfe, 0xfe, mmxWord(paddd)},
}

var mmx0F38 = []vectorRow{
	{np, 0x00, 0x00, mmxWord(pshufb64)}, {np, 0x01, 0x01, mmxHalf(phaddw)}, {np, 0x02, 0x02, mmxHalf(phaddd)},
	{np, 0x03, 0x03, mmxHalf(phaddsw)}, {np, 0x04, 0x04, mmxWord(pmaddubsw)}, {np, 0x05, 0x05, mmxHalf(phsubw)},
	{np, 0x06, 0x06, mmxHalf(phsubd)}, {np, 0x07, 0x07, mmxHalf(phsubsw)},
	{np, 0x08, 0x08, mmxWord(psignb)}, {np, 0x09, 0x09, mmxWord(psignw)}, {np, 0x0a, 0x0a, mmxWord(psignd)},
	{np, 0x0b, 0x0b, mmxWord(pmulhrsw)},
	{np, 0x1c, 0x1c, mmxWord(pabsb)}, {np, 0x1d, 0x1d, mmxWord(pabsw)}, {np, 0x1e, 0x1e, mmxWord(pabsd)},
}

// second is MOVQ's operation.
func second(_, b uint64) uint64 { return b }
