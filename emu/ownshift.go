package emu

import (
	"math/bits"

	"trapline/emu/insn"
)

// Arithmetic that the library gets wrong on memory operands: it loses the bit
// that a shift by CL, SHLD or SHRD shifts out when its stores are watched, and
// takes LOCK NEG's flags from the operand instead of the result.

// isShift reports whether in shifts memory by CL, or is SHLD or SHRD of memory.
func isShift(in *insn.Inst) bool {
	if !in.HasMemory() || in.Vex.Kind != insn.VexNone {
		return false
	}
	switch in.Map {
	case insn.OneByte:
		return in.Opcode&^1 == 0xd2 && in.Digit() >= 4
	case insn.Map0F:
		return isDoubleShift(in)
	}
	return false
}

func isDoubleShift(in *insn.Inst) bool { return in.Map == insn.Map0F && in.Opcode&^9 == 0xa4 }

func isLockNeg(in *insn.Inst) bool {
	return in.Lock && in.Map == insn.OneByte && in.Opcode&^1 == 0xf6 && in.Digit() == 3 && in.HasMemory()
}

// shiftInsn runs a shift of memory.
func (m *Machine) shiftInsn(c *CPU, in *insn.Inst) *Trap {
	width, count := operandBits(in), c.GPR[RCX]
	if isDoubleShift(in) {
		width = in.OperandBits
		if in.ImmLen != 0 {
			count = uint64(in.Imm)
		}
	}
	if width == 64 {
		count &= 63
	} else {
		count &= 31
	}
	return m.modify(c, in, width, func(old uint64) uint64 {
		if count == 0 {
			return old
		}
		v, carry := shifted(in, old, c.GPR[regReg(in)], uint(count), uint(width))
		c.setStatus(v, width)
		c.setFlag(CF, carry)
		c.setFlag(OF, overflowed(in, old, v, uint(width)))
		return v
	})
}

// shifted gives the result, and the last bit shifted out, of a shift by
// 1 <= n < 64. src is what SHLD and SHRD shift in.
func shifted(in *insn.Inst, old, src uint64, n, width uint) (v uint64, carry bool) {
	if isDoubleShift(in) {
		src &= mask(int(width))
		if n > width { // 16 bits by 17 to 31: undefined, taken as a rotation through both
			old, src, n = src, old, n-width
		}
		if in.Opcode < 0xa8 { // SHLD
			return old<<n | src>>(width-n), old>>(width-n)&1 != 0
		}
		return old>>n | src<<(width-n), old>>(n-1)&1 != 0
	}
	switch in.Digit() {
	case 5:
		return old >> n, old>>(n-1)&1 != 0
	case 7:
		wide := int64(old<<(64-width)) >> (64 - width)
		return uint64(wide >> n), wide>>(n-1)&1 != 0
	}
	return old << n, n <= width && old>>(width-n)&1 != 0
}

// overflowed is OF of a shift by one: whether the sign changed; never for SAR.
func overflowed(in *insn.Inst, old, v uint64, width uint) bool {
	return (isDoubleShift(in) || in.Digit() != 7) && (old^v)>>(width-1)&1 != 0
}

// negInsn runs LOCK NEG.
func (m *Machine) negInsn(c *CPU, in *insn.Inst) *Trap {
	width := operandBits(in)
	return m.modify(c, in, width, func(old uint64) uint64 {
		v := -old & mask(width)
		c.setStatus(v, width)
		c.setFlag(CF, old != 0)
		c.setFlag(AF, old&15 != 0)
		c.setFlag(OF, v == old && old != 0)
		return v
	})
}

// setStatus sets SF, ZF and PF by a result of width bits, and clears AF.
func (c *CPU) setStatus(v uint64, width int) {
	v &= mask(width)
	c.setFlag(SF, v>>(width-1) != 0)
	c.setFlag(ZF, v == 0)
	c.setFlag(PF, bits.OnesCount8(uint8(v))%2 == 0)
	c.setFlag(AF, false)
}

func (c *CPU) setFlag(flag uint64, on bool) {
	c.RFLAGS &^= flag
	if on {
		c.RFLAGS |= flag
	}
}
