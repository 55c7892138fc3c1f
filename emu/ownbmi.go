package emu

import (
	"math/bits"

	"trapline/emu/insn"
)

// BMI instructions that the library gets wrong: PDEP and PEXT take the mask
// for the source, BLSI's carry is inverted, and RORX of a RIP-relative operand
// does not count its immediate.

func isOwnBMI(in *insn.Inst) bool {
	if in.Vex.Kind == insn.VexNone || in.Vex.Kind == insn.Evex {
		return false
	}
	switch {
	case in.Map == insn.Map0F38 && in.Opcode == 0xf3: // BLSI
		return in.Digit() == 3
	case in.Map == insn.Map0F38 && in.Opcode == 0xf5: // PEXT: F3, PDEP: F2; BZHI has no prefix
		return in.Vex.PP >= 2
	}
	return in.Map == insn.Map0F3A && in.Opcode == 0xf0 // RORX
}

func (m *Machine) bmi(c *CPU, in *insn.Inst) *Trap {
	width := in.OperandBits
	v, t := m.load(c, in, width)
	if t != nil {
		return t
	}
	second := Reg(in.Vex.VVVV)
	if c.Code64 == 0 {
		second &= 7
	}
	switch {
	case in.Map == insn.Map0F3A:
		n := int(in.Imm) & (width - 1)
		c.setGPR(regReg(in), width, v>>n|v<<(width-n))
	case in.Opcode == 0xf3:
		low := v & -v
		c.RFLAGS &^= FlagsStatus
		c.setFlag(CF, v != 0)
		c.setFlag(ZF, v == 0)
		c.setFlag(SF, low>>(width-1) != 0)
		c.setGPR(second, width, low)
	case in.Vex.PP == 2:
		c.setGPR(regReg(in), width, gather(c.GPR[second], v))
	default:
		c.setGPR(regReg(in), width, scatter(c.GPR[second], v))
	}
	return nil
}

// gather packs the bits of v that are set in where into the lowest ones (PEXT).
func gather(v, where uint64) uint64 {
	var packed uint64
	for n := 0; where != 0; n++ {
		packed |= v >> bits.TrailingZeros64(where) & 1 << n
		where &= where - 1
	}
	return packed
}

// scatter puts the lowest bits of v where where has ones (PDEP).
func scatter(v, where uint64) uint64 {
	var spread uint64
	for n := 0; where != 0; n++ {
		spread |= v >> n & 1 << bits.TrailingZeros64(where)
		where &= where - 1
	}
	return spread
}
