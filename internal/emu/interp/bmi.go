package interp

import (
	"math/bits"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// vex prepares BMI1 and BMI2. The operand in VEX.vvvv is register o.code.
func vex(o *Op, in *insn.Inst) handler {
	o.code = in.Vex.VVVV
	switch {
	case in.Map == insn.Map0F3A && in.Opcode == 0xf0:
		o.imm &= uint64(o.bits) - 1
		return rorx
	case in.Map != insn.Map0F38:
		return nil
	}
	switch in.Opcode {
	case 0xf2:
		return andn
	case 0xf3:
		return [8]handler{1: blsr, 2: blsmsk, 3: blsi}[in.Digit()]
	case 0xf5:
		return [4]handler{0: bzhi, 2: pext, 3: pdep}[in.Vex.PP]
	case 0xf6:
		return mulx
	case 0xf7:
		return [4]handler{0: bextr, 1: shlx, 2: sarx, 3: shrx}[in.Vex.PP]
	}
	return nil
}

func (o *Op) readV(c *regs.Core) uint64     { return c.GPR[o.code&15] & o.mask }
func (o *Op) writeV(c *regs.Core, v uint64) { c.GPR[o.code&15] = v }

// rorx is RORX.
func rorx(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	o.reg.write(c, (v>>o.imm|v<<(uint64(o.bits)-o.imm))&o.mask)
	return o.done(c)
}

// andn is ANDN: AF and PF, undefined, are 0 and that of the result.
func andn(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	r := v &^ o.readV(c)
	o.reg.write(c, r)
	setStatus(c, resultFlags(r, o.bits))
	return o.done(c)
}

// blsr is BLSR.
func blsr(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return o.lowest(c, v&(v-1)&o.mask, v == 0)
}

// blsmsk is BLSMSK.
func blsmsk(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return o.lowest(c, (v^(v-1))&o.mask, v == 0)
}

// blsi is BLSI.
func blsi(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return o.lowest(c, v&-v, v != 0)
}

func (o *Op) lowest(c *regs.Core, r uint64, carry bool) Outcome {
	o.writeV(c, r)
	setStatus(c, extractFlags(r, carry, o.bits))
	return o.done(c)
}

// bzhi is BZHI.
func bzhi(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	n := o.readV(c) & 0xff
	if n < uint64(o.bits) {
		v &= 1<<n - 1
	}
	o.reg.write(c, v)
	setStatus(c, extractFlags(v, n >= uint64(o.bits), o.bits))
	return o.done(c)
}

// bextr is BEXTR: SF, AF and PF, undefined, are that of the result, 0 and that of the result.
func bextr(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	start, length := o.readV(c)&0xff, o.readV(c)>>8&0xff
	v >>= start
	if length < uint64(o.bits) {
		v &= 1<<length - 1
	}
	o.reg.write(c, v)
	setStatus(c, resultFlags(v, o.bits))
	return o.done(c)
}

func shlx(c *regs.Core, m Memory, o *Op) Outcome {
	return o.shiftx(c, m, func(v uint64, n uint64, o *Op) uint64 { return v << n })
}

func shrx(c *regs.Core, m Memory, o *Op) Outcome {
	return o.shiftx(c, m, func(v uint64, n uint64, o *Op) uint64 { return v >> n })
}

func sarx(c *regs.Core, m Memory, o *Op) Outcome {
	return o.shiftx(c, m, func(v uint64, n uint64, o *Op) uint64 { return uint64(signed(v, o.bits) >> n) })
}

func (o *Op) shiftx(c *regs.Core, m Memory, f func(v, n uint64, o *Op) uint64) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	o.reg.write(c, f(v, o.readV(c)&(uint64(o.bits)-1), o)&o.mask)
	return o.done(c)
}

// mulx is MULX: the low half first, so that the high one stays where both go to one register.
func mulx(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	high, low := o.product(c.GPR[x86.RDX], v)
	o.writeV(c, low)
	o.reg.write(c, high)
	return o.done(c)
}

// pext is PEXT: the bits of a register that are set in the operand go to the lowest ones.
func pext(c *regs.Core, m Memory, o *Op) Outcome {
	where, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	v, packed := o.readV(c), uint64(0)
	for n := 0; where != 0; n++ {
		packed |= v >> bits.TrailingZeros64(where) & 1 << n
		where &= where - 1
	}
	o.reg.write(c, packed)
	return o.done(c)
}

// pdep is PDEP: the lowest bits of a register go to where the operand has ones.
func pdep(c *regs.Core, m Memory, o *Op) Outcome {
	where, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	v, spread := o.readV(c), uint64(0)
	for n := 0; where != 0; n++ {
		spread |= v >> n & 1 << bits.TrailingZeros64(where)
		where &= where - 1
	}
	o.reg.write(c, spread)
	return o.done(c)
}

// addCarry prepares ADCX and ADOX: 66 and F3 0F38 F6.
func addCarry(o *Op, in *insn.Inst) handler {
	o.wide(in)
	switch {
	case in.Rep:
		return adox
	case in.OpSize:
		return adcx
	}
	return nil
}

// wide makes the operands 32 or 64 bits, as REX.W says: 66 is part of the opcode.
func (o *Op) wide(in *insn.Inst) {
	if in.REX&insn.RexW != 0 {
		o.setSize(8)
	} else {
		o.setSize(4)
	}
}

func adcx(c *regs.Core, m Memory, o *Op) Outcome { return o.addWith(c, m, 0) }
func adox(c *regs.Core, m Memory, o *Op) Outcome { return o.addWith(c, m, 11) }

// addWith adds with the flag at a bit of RFLAGS as carry in and out.
func (o *Op) addWith(c *regs.Core, m Memory, flag uint) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	sum, carry := bits.Add64(o.reg.read(c)&o.mask, v, c.RFLAGS>>flag&1)
	if o.size < 8 {
		carry = sum >> o.bits
	}
	o.reg.write(c, sum&o.mask)
	c.RFLAGS = c.RFLAGS&^(1<<flag) | carry<<flag
	return o.done(c)
}
