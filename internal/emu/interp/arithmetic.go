package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// The eight operations of 00-3F and of 80-83, by bits 3-5 of the opcode or by the digit.
const (
	opAdd = iota
	opOr
	opAdc
	opSbb
	opAnd
	opSub
	opXor
	opCmp
)

// calculate gives the result and the status flags of an operation. AF of the logical ones, undefined, is 0.
func calculate(op uint8, a, b, flags, mask uint64, bits uint8) (r, f uint64) {
	switch op {
	case opAdd: // ADD
		r = (a + b) & mask
		return r, addFlags(a, b, r, bits)
	case opOr: // OR
		r = a | b
	case opAdc: // ADC
		r = (a + b + flags&x86.CF) & mask
		return r, addFlags(a, b, r, bits)
	case opSbb: // SBB
		r = (a - b - flags&x86.CF) & mask
		return r, subFlags(a, b, r, bits)
	case opAnd: // AND
		r = a & b
	case opSub, opCmp: // SUB, CMP
		r = (a - b) & mask
		return r, subFlags(a, b, r, bits)
	case opXor: // XOR
		r = a ^ b
	}
	return r, resultFlags(r, bits)
}

// arithmetic prepares 00-3F.
func arithmetic(o *Op, in *insn.Inst) handler {
	o.byteIfEven(in)
	o.code = in.Opcode >> 3
	switch in.Opcode & 7 {
	case 0, 1:
		if o.code == opCmp {
			return compareRMReg
		}
		if o.mem {
			return calculateMemReg
		}
		return calculateRegReg
	case 2, 3:
		if o.code == opCmp {
			return compareRegRM
		}
		return calculateRegRM
	}
	o.rm = accumulator(o.size)
	return o.calculateImm()
}

// arithmeticImm prepares 80-83.
func arithmeticImm(o *Op, in *insn.Inst) handler {
	o.byteIfEven(in)
	o.code = uint8(in.Digit())
	return o.calculateImm()
}

func (o *Op) calculateImm() handler {
	o.imm &= o.mask
	switch {
	case o.code == opCmp:
		return compareRMImm
	case o.mem:
		return calculateMemImm
	}
	return calculateRegImm
}

func calculateRegReg(c *regs.Core, _ Memory, o *Op) Outcome {
	r, f := calculate(o.code, o.rm.read(c)&o.mask, o.reg.read(c)&o.mask, c.RFLAGS, o.mask, o.bits)
	o.rm.write(c, r)
	setStatus(c, f)
	return o.done(c)
}

func calculateRegImm(c *regs.Core, _ Memory, o *Op) Outcome {
	r, f := calculate(o.code, o.rm.read(c)&o.mask, o.imm, c.RFLAGS, o.mask, o.bits)
	o.rm.write(c, r)
	setStatus(c, f)
	return o.done(c)
}

func calculateRegRM(c *regs.Core, m Memory, o *Op) Outcome {
	b, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	r, f := calculate(o.code, o.reg.read(c)&o.mask, b, c.RFLAGS, o.mask, o.bits)
	o.reg.write(c, r)
	setStatus(c, f)
	return o.done(c)
}

func calculateMemReg(c *regs.Core, m Memory, o *Op) Outcome {
	return calculateMem(c, m, o, o.reg.read(c)&o.mask)
}

func calculateMemImm(c *regs.Core, m Memory, o *Op) Outcome { return calculateMem(c, m, o, o.imm) }

func calculateMem(c *regs.Core, m Memory, o *Op, b uint64) Outcome {
	at := o.offset(c)
	a, ok := m.LoadToStore(o.seg, at, o.size)
	if !ok {
		return Refused
	}
	r, f := calculate(o.code, a, b, c.RFLAGS, o.mask, o.bits)
	if !m.Store(o.seg, at, o.size, r) {
		return Refused
	}
	setStatus(c, f)
	return o.done(c)
}

func compareRMReg(c *regs.Core, m Memory, o *Op) Outcome {
	a, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return compare(c, o, a, o.reg.read(c)&o.mask)
}

func compareRegRM(c *regs.Core, m Memory, o *Op) Outcome {
	b, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return compare(c, o, o.reg.read(c)&o.mask, b)
}

func compareRMImm(c *regs.Core, m Memory, o *Op) Outcome {
	a, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return compare(c, o, a, o.imm)
}

func compare(c *regs.Core, o *Op, a, b uint64) Outcome {
	setStatus(c, subFlags(a, b, (a-b)&o.mask, o.bits))
	return o.done(c)
}

// test prepares TEST: 84, 85, A8, A9 and digits 0 and 1 of F6 and F7.
func test(o *Op, in *insn.Inst) handler {
	o.byteIfEven(in)
	if in.Opcode&^1 == 0x84 {
		return testRMReg
	}
	if !in.HasModRM {
		o.rm = accumulator(o.size)
	}
	o.imm &= o.mask
	return testRMImm
}

func testRMReg(c *regs.Core, m Memory, o *Op) Outcome {
	a, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	setStatus(c, resultFlags(a&o.reg.read(c), o.bits))
	return o.done(c)
}

func testRMImm(c *regs.Core, m Memory, o *Op) Outcome {
	a, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	setStatus(c, resultFlags(a&o.imm, o.bits))
	return o.done(c)
}
