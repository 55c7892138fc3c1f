package emu

import (
	"math/bits"

	"trapline/emu/insn"
)

// POPCNT and MOVBE, which the library does not have.

func isPopcnt(in *insn.Inst) bool {
	return in.Map == insn.Map0F && in.Opcode == 0xb8 && in.Rep && in.Vex.Kind == insn.VexNone
}

func isMovbe(in *insn.Inst) bool {
	return in.Map == insn.Map0F38 && in.Opcode&^1 == 0xf0 && !in.Repne && in.Vex.Kind == insn.VexNone
}

func (m *Machine) popcnt(c *CPU, in *insn.Inst) *Trap {
	v, t := m.load(c, in, in.OperandBits)
	if t != nil {
		return t
	}
	c.RFLAGS &^= FlagsStatus
	c.setFlag(ZF, v == 0)
	c.setGPR(regReg(in), in.OperandBits, uint64(bits.OnesCount64(v)))
	return nil
}

func (m *Machine) movbe(c *CPU, in *insn.Inst) *Trap {
	width := in.OperandBits
	swap := func(v uint64) uint64 { return bits.ReverseBytes64(v) >> (64 - width) }
	if in.Opcode&1 == 0 {
		v, t := m.load(c, in, width)
		if t == nil {
			c.setGPR(regReg(in), width, swap(v))
		}
		return t
	}
	if t := m.checkOperand(c, in, width/8, accessWrite); t != nil {
		return t
	}
	return m.Store(c, c.EffectiveAddress(in), width/8, swap(c.GPR[regReg(in)]&mask(width)), c.User(), ByInstruction)
}
