package emu

import "trapline/emu/insn"

// lacks reports whether an instruction is of an extension that CPUID does not
// show, and so is #UD. Those that neither the machine nor package interp runs
// and that are not floating point are found by classify.
func lacks(in *insn.Inst) bool {
	if in.Vex.Kind != insn.VexNone {
		return false
	}
	switch in.Map {
	case insn.Map0F:
		switch in.Opcode {
		case 0x2b: // MOVNTSS, MOVNTSD: SSE4A
			return in.Rep || in.Repne
		case 0x78, 0x79: // EXTRQ, INSERTQ: SSE4A; VMREAD, VMWRITE
			return true
		}
	case insn.Map0F38: // SHA, GFNI, key locker
		return in.Opcode >= 0xc8 && in.Opcode <= 0xcf || in.Opcode >= 0xd8 && in.Rep && !in.Repne && in.Attr().Has(insn.SSE)
	case insn.Map0F3A: // PCLMULQDQ, SHA, GFNI
		return in.Opcode == 0x44 || in.Opcode == 0xcc || in.Opcode == 0xce || in.Opcode == 0xcf
	}
	return false
}
