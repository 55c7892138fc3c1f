package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// unary prepares F6, F7, FE, and FF's INC and DEC.
func unary(o *Op, in *insn.Inst) handler {
	digit := in.Digit()
	if in.Opcode < 0xfe {
		if digit < 2 {
			return test(o, in)
		}
		o.byteIfEven(in)
		return [8]handler{2: not, 3: neg, 4: mul, 5: imulWide, 6: div, 7: idiv}[digit]
	}
	o.byteIfEven(in)
	switch digit {
	case 0:
		return inc
	case 1:
		return dec
	}
	if in.Opcode == 0xff {
		return group5(o, in)
	}
	return nil
}

// incDec prepares 40-4F.
func incDec(_ *Op, in *insn.Inst) handler {
	if in.Opcode < 0x48 {
		return inc
	}
	return dec
}

// change replaces the operand in ModRM.rm by the result of f, which gives the new flags too. f runs once nothing can be
// refused any more.
func (o *Op) change(c *regs.Core, m Memory, f func(c *regs.Core, o *Op, v uint64) (r, flags uint64)) Outcome {
	if !o.mem {
		r, flags := f(c, o, o.rm.read(c)&o.mask)
		o.rm.write(c, r)
		c.RFLAGS = flags
		return o.done(c)
	}
	at := o.offset(c)
	v, ok := m.LoadToStore(o.seg, at, o.size)
	if !ok {
		return Refused
	}
	r, flags := f(c, o, v)
	if !m.Store(o.seg, at, o.size, r) {
		return Refused
	}
	c.RFLAGS = flags
	return o.done(c)
}

// inc is INC: CF stays.
func inc(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) {
		r := (v + 1) & o.mask
		return r, withStatus(c, addFlags(v, 1, r, o.bits)&^x86.CF|c.RFLAGS&x86.CF)
	})
}

// dec is DEC: CF stays.
func dec(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) {
		r := (v - 1) & o.mask
		return r, withStatus(c, subFlags(v, 1, r, o.bits)&^x86.CF|c.RFLAGS&x86.CF)
	})
}

// not is NOT.
func not(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) { return ^v & o.mask, c.RFLAGS })
}

// neg is NEG.
func neg(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) {
		r := -v & o.mask
		return r, withStatus(c, subFlags(0, v, r, o.bits))
	})
}
