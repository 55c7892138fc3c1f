package emu

import "trapline/internal/emu/insn"

// serialises tells the serialising instructions but IRET: CPUID, INVD, INVLPG,
// LGDT, LIDT, LLDT, LTR, moves to control registers other than CR8 and to debug
// registers, RSM, WBINVD, WRMSR (SDM vol. 3, 9.3). WRMSR to some registers is
// none: see writesWeakly.
func serialises(in *insn.Inst) bool {
	if in.Map != insn.Map0F || in.Vex.Kind != insn.VexNone {
		return false
	}
	switch in.Opcode {
	case 0x08, 0x09, 0x23, 0x30, 0xa2, 0xaa:
		return true
	case 0x00: // LLDT, LTR
		return in.Digit() == 2 || in.Digit() == 3
	case 0x01: // LGDT, LIDT, INVLPG
		return in.HasMemory() && (in.Digit() == 2 || in.Digit() == 3 || in.Digit() == 7)
	case 0x22:
		return in.Digit() != 0 || in.REX&insn.RexR == 0
	}
	return false
}
