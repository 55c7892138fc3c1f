package kprobes

import (
	"trapline/emu"
	"trapline/emu/insn"
	"trapline/emu/regs"
	"trapline/traps"
)

// emulate does what the 6.1 kernel's emulate_op does for in, with its
// oddities: RET's immediate and a far return's CS are left on the stack, a
// relative call pushes the address five bytes on whatever its length, and
// LOOP looks at the count before it is decremented. It reports false for what
// is stepped instead.
func (e *engineModern) emulate(x *traps.Exec, in *insn.Inst) bool {
	next := e.addr(x) + uint64(in.Len)
	switch a := in.Attr(); {
	case a.Has(insn.Cli | insn.Sti | insn.Pushf | insn.Popf):
		e.emulateFlags(x, in, next)
	case a.Has(insn.RetNear | insn.RetFar):
		e.jump(x, e.popFrame(x))
	case a.Has(insn.CallRel):
		e.pushFrame(x, e.addr(x)+5)
		e.jump(x, next+uint64(in.Imm))
	case a.Has(insn.JmpRel):
		e.jump(x, next+uint64(in.Imm))
	case a.Has(insn.Jcc):
		if regs.Condition(in.Opcode&15, x.Regs.Get(traps.FieldFlags)) {
			next += uint64(in.Imm)
		}
		e.jump(x, next)
	case a.Has(insn.Loop | insn.Jcxz):
		if e.loopTaken(x, in) {
			next += uint64(in.Imm)
		}
		e.jump(x, next)
	case a.Has(insn.CallInd|insn.JmpInd) && in.Mod() == 3:
		target := x.Regs.Reg(emu.Reg(in.RM() | int(in.REX&insn.RexB)<<3))
		if a.Has(insn.CallInd) {
			e.pushFrame(x, next)
		}
		e.jump(x, target)
	default:
		return false
	}
	return true
}

func (e *engineModern) jump(x *traps.Exec, to uint64) { x.Regs.Set(traps.FieldIP, x.M.Arch.Mask(to)) }

func (e *engineModern) emulateFlags(x *traps.Exec, in *insn.Inst, next uint64) {
	f := x.Regs.Get(traps.FieldFlags)
	switch in.Opcode {
	case 0xfa:
		x.Regs.Set(traps.FieldFlags, f&^emu.IF)
	case 0xfb:
		x.Regs.Set(traps.FieldFlags, f|emu.IF)
	case 0x9c:
		e.pushFrame(x, f)
	case 0x9d:
		x.Regs.Set(traps.FieldFlags, e.popFrame(x))
	}
	e.jump(x, next)
}

// pushFrame pushes onto the interrupted stack: the entry stub has left a gap
// below it for that.
func (e *engineModern) pushFrame(x *traps.Exec, v uint64) {
	sp := x.Regs.Get(traps.FieldSP) - 8
	x.Regs.Set(traps.FieldSP, sp)
	x.M.PokeWord(x.C.Space, sp, 8, v)
}

func (e *engineModern) popFrame(x *traps.Exec) uint64 {
	sp := x.Regs.Get(traps.FieldSP)
	v, _ := x.M.PeekWord(x.C.Space, sp, 8)
	x.Regs.Set(traps.FieldSP, sp+8)
	return v
}

// loopTaken is the kernel's own idea of LOOPcc and JrCXZ.
func (e *engineModern) loopTaken(x *traps.Exec, in *insn.Inst) bool {
	cx := x.Regs.Reg(emu.RCX)
	count := cx
	if in.AddressBits == 32 {
		count &= 0xffffffff
	}
	if in.Attr().Has(insn.Jcxz) {
		return count == 0
	}
	if in.AddressBits == 32 {
		x.Regs.SetReg(emu.RCX, cx&^0xffffffff|(count-1)&0xffffffff)
	} else {
		x.Regs.SetReg(emu.RCX, cx-1)
	}
	zf := x.Regs.Get(traps.FieldFlags)&emu.ZF != 0
	switch in.Opcode {
	case 0xe0:
		return count != 0 && !zf
	case 0xe1:
		return count != 0 && zf
	}
	return count != 0
}
