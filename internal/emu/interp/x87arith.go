package interp

import (
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
	"trapline/internal/x86"
)

// Operations of D8, DA, DC and DE by ModRM.reg.
const (
	x87Add = iota
	x87Mul
	x87Com
	x87ComPop
	x87Sub
	x87SubReversed
	x87Div
	x87DivReversed
)

// compute is a op b.
func compute(e *softfloat.Env, op uint8, a, b softfloat.Ext) softfloat.Ext {
	switch op {
	case x87Add:
		return e.Add80(a, b)
	case x87Mul:
		return e.Mul80(a, b)
	case x87Sub:
		return e.Sub80(a, b)
	case x87SubReversed:
		return e.Sub80(b, a)
	case x87Div:
		return e.Div80(a, b)
	}
	return e.Div80(b, a)
}

// computeNumber is compute with an operand from memory that the extended format does not have as it is: a NaN, an
// infinity, or a number that was denormal in its own format.
func computeNumber(e *softfloat.Env, op uint8, a, b softfloat.Number) softfloat.Ext {
	switch op {
	case x87Add:
		return e.AddExt(a, b)
	case x87Mul:
		return e.MulExt(a, b)
	case x87Sub:
		return e.SubExt(a, b)
	case x87SubReversed:
		return e.SubExt(b, a)
	case x87Div:
		return e.DivExt(a, b)
	}
	return e.DivExt(b, a)
}

// withMemory is an operation of ST(0) and a memory operand.
func withMemory(x *fpu, c *regs.Core, m Memory, o *Op, kind x87Kind) Outcome {
	e := x.environment()
	word, ok := m.Load(o.seg, o.offset(c), x87Sizes[kind])
	if !ok {
		return Refused
	}
	op := o.code
	if op == x87Com || op == x87ComPop {
		if x.compare(&e, x.has(0), x.number(0), kind.number(&e, word), false) && op == x87ComPop {
			x.pop()
		}
		return Done
	}
	if !x.has(0) {
		if x.stackFault(false) {
			x.set(0, softfloat.Indefinite())
		}
		return Done
	}
	var v softfloat.Ext
	if n, exact := kind.widen(word); exact {
		v = compute(&e, op, x.st(0), n)
	} else {
		v = computeNumber(&e, op, x.number(0), kind.number(&e, word))
	}
	if x.settle(&e) {
		x.set(0, v)
	}
	return Done
}

func farith32(x *fpu, c *regs.Core, m Memory, o *Op) Outcome  { return withMemory(x, c, m, o, real32) }
func farith64(x *fpu, c *regs.Core, m Memory, o *Op) Outcome  { return withMemory(x, c, m, o, real64) }
func fiarith16(x *fpu, c *regs.Core, m Memory, o *Op) Outcome { return withMemory(x, c, m, o, int16s) }
func fiarith32(x *fpu, c *regs.Core, m Memory, o *Op) Outcome { return withMemory(x, c, m, o, int32s) }

// withRegister is an operation of ST(0) and ST(i) with its result in ST(to), and perhaps a pop.
func (x *fpu) withRegister(op, i, to uint8, pop bool) Outcome {
	e := x.environment()
	var v softfloat.Ext
	var has bool
	if x.has(0) && x.has(i) {
		v = compute(&e, op, x.st(0), x.st(i))
		has = x.settle(&e)
	} else {
		v = softfloat.Indefinite()
		has = x.stackFault(false)
	}
	if has {
		x.set(to, v)
		if pop {
			x.pop()
		}
	}
	return Done
}

// arithST is D8 C0 to FF: the result goes to ST(0).
func arithST(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	return x.withRegister(uint8(o.fop>>3&7), o.code, 0, false)
}

// arithSTi is DC C0 to FF: the result goes to ST(i).
func arithSTi(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	return x.withRegister(uint8(o.fop>>3&7), o.code, o.code, false)
}

// arithPop is DE C0 to FF.
func arithPop(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	return x.withRegister(uint8(o.fop>>3&7), o.code, o.code, true)
}

// relations are the condition codes of comparisons (SDM vol. 1, table 8-6).
var relations = [...]uint16{softfloat.Less: fswC0, softfloat.Equal: fswC3, softfloat.Greater: 0,
	softfloat.Unordered: fswC0 | fswC2 | fswC3}

// compare sets the condition codes, after an unmasked exception too, and reports whether the instruction may pop:
// not after one (silicon).
func (x *fpu) compare(e *softfloat.Env, has bool, a, b softfloat.Number, quiet bool) bool {
	if !has {
		x.setCondition(relations[softfloat.Unordered])
		return x.stackFault(false)
	}
	x.setCondition(relations[e.Compare(a, b, quiet)])
	return x.settle(e)
}

// compareST compares ST(0) with ST(i) and pops so many times.
func (x *fpu) compareST(i uint8, quiet bool, pops int) Outcome {
	e := x.environment()
	if x.compare(&e, x.has(0) && x.has(i), x.number(0), x.number(i), quiet) {
		for range pops {
			x.pop()
		}
	}
	return Done
}

func fcom(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome    { return x.compareST(o.code, false, 0) }
func fcomp(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome   { return x.compareST(o.code, false, 1) }
func fcompp(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome  { return x.compareST(o.code, false, 2) }
func fucom(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome   { return x.compareST(o.code, true, 0) }
func fucomp(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome  { return x.compareST(o.code, true, 1) }
func fucompp(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome { return x.compareST(o.code, true, 2) }

// ftst compares ST(0) with zero.
func ftst(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	e := x.environment()
	x.compare(&e, x.has(0), x.number(0), softfloat.Number{}, false)
	return Done
}

// compareFlags is FCOMI and its kind: the result is in ZF, PF and CF (SDM vol. 2, FCOMI). C1 stays (silicon).
func (x *fpu) compareFlags(c *regs.Core, i uint8, quiet, pop bool) Outcome {
	e := x.environment()
	r := softfloat.Unordered
	var ok bool
	if x.has(0) && x.has(i) {
		c1 := x.Status & fswC1
		r = e.Compare(x.number(0), x.number(i), quiet)
		ok = x.settle(&e)
		x.Status |= c1
	} else {
		ok = x.stackFault(false)
	}
	setRelation(c, r)
	if ok && pop {
		x.pop()
	}
	return Done
}

// setRelation sets the flags as FCOMI and COMISS do: unordered is all three.
func setRelation(c *regs.Core, r softfloat.Relation) {
	c.RFLAGS &^= x86.FlagsStatus
	c.RFLAGS |= [...]uint64{softfloat.Less: x86.CF, softfloat.Equal: x86.ZF, softfloat.Greater: 0,
		softfloat.Unordered: x86.ZF | x86.PF | x86.CF}[r]
}

func fcomi(x *fpu, c *regs.Core, _ Memory, o *Op) Outcome {
	return x.compareFlags(c, o.code, false, false)
}

func fcomip(x *fpu, c *regs.Core, _ Memory, o *Op) Outcome {
	return x.compareFlags(c, o.code, false, true)
}

func fucomi(x *fpu, c *regs.Core, _ Memory, o *Op) Outcome {
	return x.compareFlags(c, o.code, true, false)
}

func fucomip(x *fpu, c *regs.Core, _ Memory, o *Op) Outcome {
	return x.compareFlags(c, o.code, true, true)
}
