package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
	"trapline/internal/x86"
)

// x87Registers are the forms on registers by the low three bits of the opcode and ModRM.reg; those without are in
// x87D9 and x87Singles.
var x87Registers = [8][8]x87Handler{
	0: {arithST, arithST, fcom, fcomp, arithST, arithST, arithST, arithST},
	1: {fldST, fxch, fnop, fstpNoFault},
	2: {fcmov, fcmov, fcmov, fcmov},
	3: {fcmov, fcmov, fcmov, fcmov, nil, fucomi, fcomi},
	4: {arithSTi, arithSTi, fcom, fcomp, arithSTi, arithSTi, arithSTi, arithSTi},
	5: {ffree, fxch, fstST, fstpST, fucom, fucomp},
	6: {arithPop, arithPop, fcomp, nil, arithPop, arithPop, arithPop, arithPop},
	7: {ffreep, fxch, fstpST, fstpST, nil, fucomip, fcomip},
}

// x87Singles are instructions whose ModRM is fixed, beside D9.
var x87Singles = map[uint16]x87Handler{
	0x2e9: fucompp, 0x6d9: fcompp,
	0x3e0: fnop, 0x3e1: fnop, 0x3e4: fnop, // FENI, FDISI, FSETPM: of older processors
	0x3e2: fnclex, 0x3e3: fninit, 0x7e0: fnstswAX,
}

// x87D9 are D9 E0 to FF.
var x87D9 = [32]x87Handler{
	0x00: fchs, 0x01: fabs, 0x04: ftst, 0x05: fxam,
	0x08: fldConstant, 0x09: fldConstant, 0x0a: fldConstant, 0x0b: fldConstant, 0x0c: fldConstant, 0x0d: fldConstant, 0x0e: fldConstant,
	0x10: f2xm1, 0x11: fyl2x, 0x12: fptan, 0x13: fpatan, 0x14: fxtract, 0x15: fprem1, 0x16: fdecstp, 0x17: fincstp,
	0x18: fprem, 0x19: fyl2xp1, 0x1a: fsqrt, 0x1b: fsincos, 0x1c: frndint, 0x1d: fscale, 0x1e: fsin, 0x1f: fcos,
}

func x87Register(o *Op, in *insn.Inst) x87Handler {
	if in.Opcode == 0xd9 && in.ModRM >= 0xe0 {
		return x87D9[in.ModRM-0xe0]
	}
	if h := x87Singles[o.fop]; h != nil {
		switch o.fop {
		case 0x3e0, 0x3e1, 0x3e2, 0x3e3, 0x3e4, 0x7e0:
			o.control, o.atOnce = true, true
		case 0x2e9, 0x6d9:
			o.code = 1
		}
		return h
	}
	return x87Registers[in.Opcode&7][in.Digit()]
}

func fnop(*fpu, *regs.Core, Memory, *Op) Outcome { return Done }

// unary puts the result of an operation on ST(0) back.
func (x *fpu) unary(op func(*softfloat.Env, softfloat.Number) softfloat.Ext) Outcome {
	if !x.has(0) {
		if x.stackFault(false) {
			x.set(0, softfloat.Indefinite())
		}
		return Done
	}
	e := x.environment()
	if v := op(&e, x.number(0)); x.settle(&e) {
		x.set(0, v)
	}
	return Done
}

func fsqrt(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome { return x.unary((*softfloat.Env).SqrtExt) }

func frndint(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	return x.unary((*softfloat.Env).RoundIntExt)
}

// fchs and fabs change the sign bit of any pattern.
func fchs(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome { return x.changeSign(0x8000, 0) }
func fabs(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome { return x.changeSign(0, 0x8000) }

func (x *fpu) changeSign(invert, clear uint16) Outcome {
	if !x.has(0) {
		if x.stackFault(false) {
			x.set(0, softfloat.Indefinite())
		}
		return Done
	}
	v := x.st(0)
	v.SE = v.SE&^clear ^ invert
	x.Status &^= fswC1
	x.set(0, v)
	return Done
}

// fxam tells what ST(0) is; C1 is its sign, of an empty register too (SDM vol. 2, FXAM).
func fxam(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	const emptyRegister = 5
	v := x.st(0)
	kind := uint16(v.Kind())
	if !x.has(0) {
		kind = emptyRegister
	}
	x.setCondition(kind&1<<8 | kind&2<<9 | kind&4<<12)
	x.Status = x.Status&^fswC1 | v.SE>>15<<9
	return Done
}

func fldST(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	e := x.environment()
	if !x.has(o.code) { // before an overflow
		if x.stackFault(false) {
			x.push(softfloat.Indefinite())
		}
		return Done
	}
	return x.pushOrFault(x.st(o.code), &e)
}

func fldConstant(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	e := x.environment()
	v := e.LoadConstant(softfloat.Constant(o.code))
	e.Away = false
	return x.pushOrFault(v, &e)
}

func fxch(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	if !x.has(0) || !x.has(o.code) {
		if !x.stackFault(false) {
			return Done
		}
		for _, i := range [...]uint8{0, o.code} {
			if !x.has(i) {
				x.set(i, softfloat.Indefinite())
			}
		}
	} else {
		x.Status &^= fswC1
	}
	a, b := x.st(0), x.st(o.code)
	x.set(0, b)
	x.set(o.code, a)
	return Done
}

func fstST(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	x.copyTo(o.code)
	return Done
}

func fstpST(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	if x.copyTo(o.code) {
		x.pop()
	}
	return Done
}

// fstpNoFault is D9 D8 to DF, FSTP without a stack fault.
func fstpNoFault(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	if x.has(0) {
		x.set(o.code, x.st(0))
	}
	x.Status &^= fswC1
	x.pop()
	return Done
}

// copyTo copies ST(0) to ST(i), and reports whether it did.
func (x *fpu) copyTo(i uint8) bool {
	if x.has(0) {
		x.Status &^= fswC1
		x.set(i, x.st(0))
		return true
	}
	if !x.stackFault(false) {
		return false
	}
	x.set(i, softfloat.Indefinite())
	return true
}

func ffree(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	x.Tags &^= 1 << x.index(o.code)
	x.Status &^= fswC1
	return Done
}

func ffreep(x *fpu, _ *regs.Core, _ Memory, o *Op) Outcome {
	x.Tags &^= 1 << x.index(o.code)
	x.Status &^= fswC1
	x.pop()
	return Done
}

func fdecstp(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	x.setTop(x.Top() - 1)
	x.Status &^= fswC1
	return Done
}

func fincstp(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	x.setTop(x.Top() + 1)
	x.Status &^= fswC1
	return Done
}

// fcmov is FCMOVcc: DA C0 to DF for CF, ZF, either, PF; DB for their opposites.
func fcmov(x *fpu, c *regs.Core, _ Memory, o *Op) Outcome {
	if !x.has(0) || !x.has(o.code) {
		if x.stackFault(false) {
			x.set(0, softfloat.Indefinite())
		}
		return Done
	}
	mask := [...]uint64{x86.CF, x86.ZF, x86.CF | x86.ZF, x86.PF}[o.fop>>3&3]
	if (c.RFLAGS&mask != 0) != (o.fop>>8 == 3) {
		x.set(0, x.st(o.code))
	}
	return Done
}

func fscale(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	return x.binary(false, (*softfloat.Env).ScaleExt)
}

// binary puts the result of an operation on ST(0) and ST(1) into ST(0), or into ST(1) and pops.
func (x *fpu) binary(pop bool, op func(e *softfloat.Env, a, b softfloat.Number) softfloat.Ext) Outcome {
	var v softfloat.Ext
	var has bool
	if x.has(0) && x.has(1) {
		e := x.environment()
		v = op(&e, x.number(0), x.number(1))
		has = x.settle(&e)
	} else {
		v = softfloat.Indefinite()
		has = x.stackFault(false)
	}
	if !has {
		return Done
	}
	if pop {
		x.pop()
	}
	x.set(0, v)
	return Done
}

func fprem(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome  { return x.remainder(false) }
func fprem1(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome { return x.remainder(true) }

// remainder is FPREM and FPREM1. C0, C3 and C1 are the quotient's bits 2, 1 and 0.
func (x *fpu) remainder(nearest bool) Outcome {
	x.Status &^= fswC2
	if !x.has(0) || !x.has(1) {
		if x.stackFault(false) {
			x.set(0, softfloat.Indefinite())
		}
		return Done
	}
	e := x.environment()
	r := e.RemainderExt(x.number(0), x.number(1), nearest)
	if !x.settle(&e) {
		return Done
	}
	x.set(0, r.Value)
	if r.Special {
		return Done
	}
	q := uint16(r.Quotient)
	x.setCondition(q&4<<6 | q&2<<13)
	x.Status = x.Status&^fswC1 | q&1<<9
	if r.Partial {
		x.Status |= fswC2
	}
	return Done
}

// fxtract leaves the exponent in the place of ST(0) and pushes the significand.
func fxtract(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	return x.pair(func(e *softfloat.Env, a softfloat.Number) (below, top softfloat.Ext, ok bool) {
		below, top = e.ExtractExt(a)
		return below, top, true
	})
}

// pair puts one result into ST(0) and pushes another one. Not ok is an operand out of range, which stays: C2.
func (x *fpu) pair(op func(*softfloat.Env, softfloat.Number) (below, top softfloat.Ext, ok bool)) Outcome {
	if !x.has(0) || x.full() {
		if x.stackFault(x.has(0)) {
			x.set(0, softfloat.Indefinite())
			x.push(softfloat.Indefinite())
		}
		return Done
	}
	e := x.environment()
	below, top, ok := op(&e, x.number(0))
	if !x.settle(&e) {
		return Done
	}
	if !ok {
		x.Status |= fswC2
		return Done
	}
	x.set(0, below)
	x.push(top)
	return Done
}
