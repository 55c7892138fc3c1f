package emu

import "trapline/emu/insn"

// checkOperand gives the fault of an access to n bytes of in's memory operand.
func (m *Machine) checkOperand(c *CPU, in *insn.Inst, n int, a access) *Trap {
	ea := c.EffectiveAddress(in)
	if !c.reachable(ea, n) && usesStack(in) {
		return FaultErr(VecSS, 0)
	}
	return m.check(c, ea, n, a, c.User())
}

// load reads in's memory or general-register operand of width bits.
func (m *Machine) load(c *CPU, in *insn.Inst, width int) (uint64, *Trap) {
	if !in.HasMemory() {
		return c.GPR[rmReg(in)] & mask(width), nil
	}
	if t := m.checkOperand(c, in, width/8, accessRead); t != nil {
		return 0, t
	}
	return m.Load(c, c.EffectiveAddress(in), width/8, c.User())
}

// modify replaces in's memory operand of width bits by f of it.
func (m *Machine) modify(c *CPU, in *insn.Inst, width int, f func(uint64) uint64) *Trap {
	if t := m.checkOperand(c, in, width/8, accessWrite); t != nil {
		return t
	}
	ea, user := c.EffectiveAddress(in), c.User()
	old, t := m.Load(c, ea, width/8, user)
	if t != nil {
		return t
	}
	return m.Store(c, ea, width/8, f(old)&mask(width), user, ByInstruction)
}

// mask has the low width bits set, 1 to 64.
func mask(width int) uint64 { return ^uint64(0) >> (64 - width) }

// operandBits is the width of an operand whose opcode's low bit is 0 for bytes.
func operandBits(in *insn.Inst) int {
	if in.Opcode&1 == 0 {
		return 8
	}
	return in.OperandBits
}
