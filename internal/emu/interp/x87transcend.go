package interp

import (
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
)

func f2xm1(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	return x.unary((*softfloat.Env).Exp2M1Ext)
}

func fyl2x(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	return x.binary(true, (*softfloat.Env).Log2Ext)
}

func fyl2xp1(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	return x.binary(true, (*softfloat.Env).Log2P1Ext)
}

func fpatan(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	return x.binary(true, (*softfloat.Env).ArctangentExt)
}

func fptan(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	x.Status &^= fswC2
	return x.pair((*softfloat.Env).TangentExt)
}

func fsincos(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	x.Status &^= fswC2
	return x.pair((*softfloat.Env).SineCosineExt)
}

func fsin(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome { return x.circular((*softfloat.Env).SineExt) }
func fcos(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	return x.circular((*softfloat.Env).CosineExt)
}

// circular is FSIN and FCOS. An operand out of range stays: C2.
func (x *fpu) circular(op func(*softfloat.Env, softfloat.Number) (softfloat.Ext, bool)) Outcome {
	x.Status &^= fswC2
	if !x.has(0) {
		if x.stackFault(false) {
			x.set(0, softfloat.Indefinite())
		}
		return Done
	}
	e := x.environment()
	v, ok := op(&e, x.number(0))
	if !x.settle(&e) {
		return Done
	}
	if !ok {
		x.Status |= fswC2
		return Done
	}
	x.set(0, v)
	return Done
}
