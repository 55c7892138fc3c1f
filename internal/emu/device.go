package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// deviceFault is the exception that CR0.EM, CR0.TS or CR0.MP make of an x87,
// MMX or SSE instruction, whatever its operands (SDM vol. 3, 2.5). FXSAVE and
// FXRSTOR count as x87.
func (c *CPU) deviceFault(in *insn.Inst) *Trap {
	attr, cr0 := in.Attr(), c.Sys.CR0
	if cr0&(CR0EM|CR0TS) == 0 || !attr.Has(insn.X87|insn.MMX|insn.SSE) {
		return nil
	}
	if in.Map == insn.OneByte && in.Opcode == 0x9b { // WAIT
		if cr0&CR0MP == 0 || cr0&CR0TS == 0 {
			return nil
		}
	} else if cr0&CR0EM != 0 && !attr.Has(insn.X87) {
		return Fault(x86.VecUD)
	}
	return Fault(x86.VecNM)
}
