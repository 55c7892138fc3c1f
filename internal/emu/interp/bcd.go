package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// decimal prepares DAA, DAS, AAA, AAS, AAM, AAD: 27, 2F, 37, 3F, D4, D5.
func decimal(_ *Op, in *insn.Inst) handler {
	switch in.Opcode {
	case 0x27:
		return daa
	case 0x2f:
		return das
	case 0x37:
		return aaa
	case 0x3f:
		return aas
	case 0xd4:
		return aam
	}
	return aad
}

func setAL(c *regs.Core, v uint64) { c.GPR[x86.RAX] = c.GPR[x86.RAX]&^0xff | v&0xff }
func setAX(c *regs.Core, v uint64) { c.GPR[x86.RAX] = c.GPR[x86.RAX]&^0xffff | v&0xffff }

// daa is DAA. OF, undefined, is 0.
func daa(c *regs.Core, _ Memory, o *Op) Outcome { return adjust(c, o, 1) }

// das is DAS. OF, undefined, is 0.
func das(c *regs.Core, _ Memory, o *Op) Outcome { return adjust(c, o, ^uint64(0)) }

// adjust adds the correction in the direction of sign, 1 or -1.
func adjust(c *regs.Core, o *Op, sign uint64) Outcome {
	al, f := c.GPR[x86.RAX]&0xff, uint64(0)
	v := al
	if al&15 > 9 || c.RFLAGS&x86.AF != 0 {
		v += 6 * sign
		f |= x86.AF
		if sign != 1 && al < 6 { // DAS: the borrow out of AL
			f |= x86.CF
		}
	}
	if al > 0x99 || c.RFLAGS&x86.CF != 0 {
		v += 0x60 * sign
		f |= x86.CF
	}
	setAL(c, v)
	setStatus(c, f|resultFlags(v&0xff, 8))
	return o.done(c)
}

// aaa is AAA: OF, SF, ZF and PF, undefined, stay.
func aaa(c *regs.Core, _ Memory, o *Op) Outcome {
	ax := c.GPR[x86.RAX]
	adjusted := ax&15 > 9 || c.RFLAGS&x86.AF != 0
	if adjusted {
		ax += 0x106
	}
	return asciiAdjusted(c, o, ax, adjusted)
}

// aas is AAS: OF, SF, ZF and PF, undefined, stay.
func aas(c *regs.Core, _ Memory, o *Op) Outcome {
	ax := c.GPR[x86.RAX]
	adjusted := ax&15 > 9 || c.RFLAGS&x86.AF != 0
	if adjusted {
		ax -= 0x106
	}
	return asciiAdjusted(c, o, ax, adjusted)
}

func asciiAdjusted(c *regs.Core, o *Op, ax uint64, adjusted bool) Outcome {
	setAX(c, ax&0xff0f)
	setFlag(c, x86.AF|x86.CF, adjusted)
	return o.done(c)
}

// aam is AAM: #DE for base 0; CF, OF and AF, undefined, are 0.
func aam(c *regs.Core, _ Memory, o *Op) Outcome {
	base := o.imm & 0xff
	if base == 0 {
		return Divide
	}
	al := c.GPR[x86.RAX] & 0xff
	setAX(c, al/base<<8|al%base)
	setStatus(c, resultFlags(al%base, 8))
	return o.done(c)
}

// aad is AAD: CF, OF and AF, undefined, are 0.
func aad(c *regs.Core, _ Memory, o *Op) Outcome {
	al := (c.GPR[x86.RAX] + c.GPR[x86.RAX]>>8&0xff*(o.imm&0xff)) & 0xff
	setAX(c, al)
	setStatus(c, resultFlags(al, 8))
	return o.done(c)
}

// salc is SALC (D6), which AMD's manual lists as undocumented: AL is all ones if CF.
func salc(c *regs.Core, _ Memory, o *Op) Outcome {
	setAL(c, -(c.RFLAGS & x86.CF))
	return o.done(c)
}
