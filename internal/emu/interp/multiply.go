package interp

import (
	"math/bits"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// productFlags are the flags of MUL and IMUL: CF and OF if the low half does not hold the product; SF, ZF and
// PF, undefined, of the low half, and AF 0.
func productFlags(low uint64, overflow bool, width uint8) uint64 {
	f := resultFlags(low, width)
	if overflow {
		f |= x86.CF | x86.OF
	}
	return f
}

// accumulator writes the double-width result of MUL, IMUL, DIV and IDIV: AX, or rDX:rAX.
func (o *Op) accumulator(c *regs.Core, low, high uint64) {
	if o.size == 1 {
		c.GPR[x86.RAX] = c.GPR[x86.RAX]&^0xffff | high&0xff<<8 | low&0xff
		return
	}
	keep := keepOf(o.size)
	c.GPR[x86.RAX] = c.GPR[x86.RAX]&keep | low&o.mask
	c.GPR[x86.RDX] = c.GPR[x86.RDX]&keep | high&o.mask
}

// product is the product of two operands, the first masked here.
func (o *Op) product(a, b uint64) (high, low uint64) {
	high, low = bits.Mul64(a&o.mask, b)
	if o.size < 8 {
		high, low = low>>o.bits, low&o.mask
	}
	return high, low
}

// mul is MUL.
func mul(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	high, low := o.product(c.GPR[x86.RAX], v)
	o.accumulator(c, low, high)
	setStatus(c, productFlags(low, high != 0, o.bits))
	return o.done(c)
}

// signed extends a value of so many bits.
func signed(v uint64, width uint8) int64 { return int64(v<<(64-width)) >> (64 - width) }

// product is the signed product of a and b: its halves, and whether the low one does not hold it.
func product(a, b uint64, o *Op) (low, high uint64, overflow bool) {
	x, y := signed(a, o.bits), signed(b, o.bits)
	if o.size < 8 {
		p := x * y
		low = uint64(p) & o.mask
		return low, uint64(p>>o.bits) & o.mask, p != signed(low, o.bits)
	}
	high, low = bits.Mul64(uint64(x), uint64(y))
	if x < 0 {
		high -= uint64(y)
	}
	if y < 0 {
		high -= uint64(x)
	}
	return low, high, int64(high) != int64(low)>>63
}

// imulWide is IMUL with one operand.
func imulWide(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	low, high, overflow := product(c.GPR[x86.RAX]&o.mask, v, o)
	o.accumulator(c, low, high)
	setStatus(c, productFlags(low, overflow, o.bits))
	return o.done(c)
}

// multiply prepares IMUL with two or three operands: 0F AF, 69, 6B.
func multiply(_ *Op, in *insn.Inst) handler {
	if in.Map == insn.Map0F {
		return imulReg
	}
	return imulImm
}

func imulReg(c *regs.Core, m Memory, o *Op) Outcome { return imul(c, m, o, o.reg.read(c)) }
func imulImm(c *regs.Core, m Memory, o *Op) Outcome { return imul(c, m, o, o.imm) }

func imul(c *regs.Core, m Memory, o *Op, by uint64) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	low, _, overflow := product(v, by&o.mask, o)
	o.reg.write(c, low)
	setStatus(c, productFlags(low, overflow, o.bits))
	return o.done(c)
}

// dividend is AX, or rDX:rAX.
func (o *Op) dividend(c *regs.Core) (low, high uint64) {
	if o.size == 1 {
		return c.GPR[x86.RAX] & 0xff, c.GPR[x86.RAX] >> 8 & 0xff
	}
	return c.GPR[x86.RAX] & o.mask, c.GPR[x86.RDX] & o.mask
}

// divide divides a number of two operands' width; high is less than v.
func (o *Op) divide(high, low, v uint64) (quotient, rest uint64) {
	if o.size == 8 {
		return bits.Div64(high, low, v)
	}
	n := high<<o.bits | low
	return n / v, n % v
}

// div is DIV. The flags, undefined, stay.
func div(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	low, high := o.dividend(c)
	if high >= v { // v is 0, or the quotient does not fit
		return Divide
	}
	quotient, rest := o.divide(high, low, v)
	o.accumulator(c, quotient, rest)
	return o.done(c)
}

// idiv is IDIV. The flags, undefined, stay.
func idiv(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	low, high := o.dividend(c)
	negative, by := signed(high, o.bits) < 0, signed(v, o.bits) < 0
	if negative {
		var borrow uint64
		low, borrow = bits.Sub64(0, low, 0)
		low, high = low&o.mask, (-high-borrow)&o.mask
	}
	if by {
		v = -v & o.mask
	}
	if high >= v {
		return Divide
	}
	quotient, rest := o.divide(high, low, v)
	limit := uint64(1) << (o.bits - 1) // of a negative quotient's magnitude
	if negative == by {
		limit--
	}
	if quotient > limit {
		return Divide
	}
	if negative != by {
		quotient = -quotient
	}
	if negative {
		rest = -rest
	}
	o.accumulator(c, quotient, rest)
	return o.done(c)
}
