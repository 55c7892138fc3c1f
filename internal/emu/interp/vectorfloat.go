package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
	"trapline/internal/x86"
)

// floatOp is an operation on elements of 32 and of 64 bits.
type floatOp struct {
	f32 func(e *softfloat.Env, a, b uint32) uint32
	f64 func(e *softfloat.Env, a, b uint64) uint64
}

// run applies the operation to element values of so many bytes. The usual ones are called by name, so that e need not be on
// the heap.
func (f *floatOp) run(e *softfloat.Env, size uint8, a, b uint64) uint64 {
	if size == 4 {
		x, y := uint32(a), uint32(b)
		switch f {
		case &floatAdd:
			return uint64(e.Add32(x, y))
		case &floatMul:
			return uint64(e.Mul32(x, y))
		case &floatSub:
			return uint64(e.Sub32(x, y))
		case &floatDiv:
			return uint64(e.Div32(x, y))
		}
	} else {
		switch f {
		case &floatAdd:
			return e.Add64(a, b)
		case &floatMul:
			return e.Mul64(a, b)
		case &floatSub:
			return e.Sub64(a, b)
		case &floatDiv:
			return e.Div64(a, b)
		}
	}
	return f.call(e, size, a, b)
}

func (f *floatOp) call(e *softfloat.Env, size uint8, a, b uint64) (v uint64) {
	own := *e
	if size == 4 {
		v = uint64(f.f32(&own, uint32(a), uint32(b)))
	} else {
		v = f.f64(&own, a, b)
	}
	*e = own
	return v
}

var (
	floatAdd = floatOp{(*softfloat.Env).Add32, (*softfloat.Env).Add64}
	floatSub = floatOp{(*softfloat.Env).Sub32, (*softfloat.Env).Sub64}
	floatMul = floatOp{(*softfloat.Env).Mul32, (*softfloat.Env).Mul64}
	floatDiv = floatOp{(*softfloat.Env).Div32, (*softfloat.Env).Div64}
	floatMin = floatOp{(*softfloat.Env).Min32, (*softfloat.Env).Min64}
	floatMax = floatOp{(*softfloat.Env).Max32, (*softfloat.Env).Max64}

	floatSqrt = floatOp{
		func(e *softfloat.Env, _, b uint32) uint32 { return e.Sqrt32(b) },
		func(e *softfloat.Env, _, b uint64) uint64 { return e.Sqrt64(b) },
	}
)

// Bits of MXCSR (SDM vol. 1, 10.2.3).
const (
	mxcsrFlags     = 0x3f
	mxcsrDAZ       = 1 << 6
	mxcsrMaskShift = 7
	mxcsrRC        = 13
	mxcsrFTZ       = 1 << 15
)

// environment is what MXCSR says of an operation. PE that is there and masked counts as raised already, so that nobody has
// to find out whether a result is exact.
func environment(x *regs.Extended) softfloat.Env {
	return softfloat.Env{
		Flags:    softfloat.Flags(x.MXCSR&(x.MXCSR>>mxcsrMaskShift)) & softfloat.Inexact,
		Rounding: softfloat.Rounding(x.MXCSR >> mxcsrRC & 3),
		DAZ:      x.MXCSR&mxcsrDAZ != 0,
		FTZ:      x.MXCSR&mxcsrFTZ != 0,
		Unmasked: softfloat.Flags(^x.MXCSR >> mxcsrMaskShift & mxcsrFlags),
	}
}

// report sets the flags that an instruction's operations raised, and reports whether one is unmasked: then the
// instruction has no result.
func report(x *regs.Extended, e *softfloat.Env) (fault bool) {
	raised := e.Flags
	if raised&e.Unmasked&before != 0 {
		raised &= before
	}
	x.MXCSR |= uint32(raised)
	return raised&e.Unmasked != 0
}

// putFloats ends an instruction with its result, unless the operations on e have one refused.
func (o *Op) putFloats(x *regs.Extended, c *regs.Core, e *softfloat.Env, r *vector) Outcome {
	if report(x, e) {
		return Float
	}
	o.put(x, o.reg.n, r)
	return o.done(c)
}

// putFloat is the same for a scalar of so many bytes: the rest of the lowest 128 bits is the first source's.
func (o *Op) putFloat(x *regs.Extended, c *regs.Core, e *softfloat.Env, size uint8, v uint64) Outcome {
	if report(x, e) {
		return Float
	}
	a := laneOf(o.first(x), 0)
	o.putLane(x, o.reg.n, lane{a[0]&^maskOf(size) | v, a[1]})
	return o.done(c)
}

// elementSize is that of a packed or scalar instruction by its prefix: none and F3 are single precision.
func elementSize(in *insn.Inst) (size uint8, scalar bool) {
	pp := prefixOf(in)
	size = 4
	if pp&1 != 0 {
		size = 8
	}
	return size, pp >= 2
}

// floats prepares an operation under all four prefixes: PS, PD, SS, SD.
func floats(f *floatOp) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		size, scalar := elementSize(in)
		o.vec.float, o.vec.elem = f, size
		if scalar {
			o.vec.words = 2
			return scalarFloat
		}
		return packedFloat
	}
}

func packedFloat(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
	b, ok := o.operand(x, c, m)
	if !ok {
		return Refused
	}
	a, e, size := o.first(x), environment(x), int(o.vec.elem)
	var r vector
	for i := range 8 * int(o.vec.words) / size {
		setWide(&r, i, size, o.vec.float.run(&e, o.vec.elem, wideElement(a, i, size), wideElement(&b, i, size)))
	}
	return o.putFloats(x, c, &e, &r)
}

func scalarFloat(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
	b, ok := o.low(x, c, m, o.vec.elem)
	if !ok {
		return Refused
	}
	e := environment(x)
	v := o.vec.float.run(&e, o.vec.elem, o.first(x)[0]&maskOf(o.vec.elem), b)
	return o.putFloat(x, c, &e, o.vec.elem, v)
}

// pairs prepares HADDPS, HSUBPS and their doubles: the operation on neighbours, those of the first source before
// those of the operand in each lane.
func pairs(f *floatOp) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		o.vec.float, o.vec.elem = f, 8
		if prefixOf(in) == 3 {
			o.vec.elem = 4
		}
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			b, ok := o.operand(x, c, m)
			if !ok {
				return Refused
			}
			a, e, size := o.first(x), environment(x), int(o.vec.elem)
			half := 8 / size // pairs of a lane's source
			var r vector
			for i := range 8 * int(o.vec.words) / size {
				from, base := a, i/(2*half)*2*half
				if i/half&1 != 0 {
					from = &b
				}
				at := base + 2*(i%half)
				setWide(&r, i, size, f.run(&e, o.vec.elem, wideElement(from, at, size), wideElement(from, at+1, size)))
			}
			return o.putFloats(x, c, &e, &r)
		}
	}
}

// addsub subtracts the even elements and adds the odd ones.
func addsub(o *Op, in *insn.Inst) vectorHandler {
	o.vec.elem = 8
	if prefixOf(in) == 3 {
		o.vec.elem = 4
	}
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		b, ok := o.operand(x, c, m)
		if !ok {
			return Refused
		}
		a, e, size := o.first(x), environment(x), int(o.vec.elem)
		var r vector
		for i := range 8 * int(o.vec.words) / size {
			f := &floatSub
			if i&1 != 0 {
				f = &floatAdd
			}
			setWide(&r, i, size, f.run(&e, o.vec.elem, wideElement(a, i, size), wideElement(&b, i, size)))
		}
		return o.putFloats(x, c, &e, &r)
	}
}

// dotProducts is DPPS and DPPD: imm's upper half says which products count, its lower half where the sum goes. The
// sum is of neighbours' sums. An unmasked exception of the products keeps the sums from being made, and one of the
// neighbours' sums the last.
func dotProducts(size uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.vec.elem = size
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			b, ok := o.operand(x, c, m)
			if !ok {
				return Refused
			}
			a, size := o.first(x), int(o.vec.elem)
			n := 8 * int(o.vec.words) / size
			var v [8]uint64
			e := environment(x)
			for i := range n {
				if o.imm>>(4+i%(16/size))&1 != 0 {
					v[i] = floatMul.run(&e, o.vec.elem, wideElement(a, i, size), wideElement(&b, i, size))
				}
			}
			for k := 1; k < 16/size; k *= 2 { // v[i] becomes the sum of 2k from i on
				if report(x, &e) {
					return Float
				}
				e = environment(x)
				for i := 0; i < n; i += 2 * k {
					v[i] = floatAdd.run(&e, o.vec.elem, v[i], v[i+k])
				}
			}
			if report(x, &e) {
				return Float
			}
			var r vector
			for i := range n {
				if in := i % (16 / size); o.imm>>in&1 != 0 {
					setWide(&r, i, size, v[i-in])
				}
			}
			o.put(x, o.reg.n, &r)
			return o.done(c)
		}
	}
}

// rounds is ROUNDPS and kin: the direction is imm's or MXCSR's; bit 3 keeps inexact results silent.
func rounds(size uint8, scalar bool) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		o.vec.elem = size
		imm := uint8(in.Imm)
		direction := func(e *softfloat.Env) softfloat.Rounding {
			if imm&4 != 0 {
				return e.Rounding
			}
			return softfloat.Rounding(imm & 3)
		}
		quiet := func(e *softfloat.Env, before softfloat.Flags) {
			if imm&8 != 0 && before&softfloat.Inexact == 0 {
				e.Flags &^= softfloat.Inexact
			}
		}
		o.vec.float = &floatOp{
			func(e *softfloat.Env, _, b uint32) uint32 {
				before := e.Flags
				v := e.RoundInt32(b, direction(e))
				quiet(e, before)
				return v
			},
			func(e *softfloat.Env, _, b uint64) uint64 {
				before := e.Flags
				v := e.RoundInt64(b, direction(e))
				quiet(e, before)
				return v
			},
		}
		if scalar {
			o.vec.words = 2
			return scalarFloat
		}
		return packedFloat
	}
}

// predicates has the results of which each of 16 predicates is true, a bit for each softfloat.Relation; signals has
// those that a quiet NaN raises IE with. The predicates from 16 on are the same with that turned over (SDM vol. 2,
// CMPPD, table 3-1).
const (
	lt = 1 << softfloat.Less
	eq = 1 << softfloat.Equal
	gt = 1 << softfloat.Greater
	un = 1 << softfloat.Unordered
)

var predicates = [16]uint8{eq, lt, lt | eq, un, lt | gt | un, eq | gt | un, gt | un, lt | eq | gt,
	eq | un, lt | un, lt | eq | un, 0, lt | gt, eq | gt, gt, lt | eq | gt | un}

const signals = 1<<1 | 1<<2 | 1<<5 | 1<<6 | 1<<9 | 1<<10 | 1<<13 | 1<<14

// compares is CMPPS and kin: legacy ones have 8 predicates, VEX-encoded ones 32.
func compares(o *Op, in *insn.Inst) vectorHandler {
	predicate := uint8(in.Imm) & 7
	if o.vec.vex {
		predicate = uint8(in.Imm) & 31
	}
	holds := predicates[predicate&15]
	quiet := signals>>(predicate&15)&1 == uint(predicate>>4)
	f := floatOp{
		func(e *softfloat.Env, a, b uint32) uint32 {
			return ones[uint32](holds>>e.Compare(e.Unpack32(a), e.Unpack32(b), quiet)&1 != 0)
		},
		func(e *softfloat.Env, a, b uint64) uint64 {
			return ones[uint64](holds>>e.Compare(e.Unpack64(a), e.Unpack64(b), quiet)&1 != 0)
		},
	}
	return floats(&f)(o, in)
}

// comis is COMISS, COMISD and their unordered forms, which are quiet.
func comis(o *Op, in *insn.Inst) vectorHandler {
	o.vec.elem = 4
	if prefixOf(in) == 1 {
		o.vec.elem = 8
	}
	o.code = in.Opcode & 1
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		b, ok := o.low(x, c, m, o.vec.elem)
		if !ok {
			return Refused
		}
		e := environment(x)
		a := x.YMM[o.reg.n][0]
		var r softfloat.Relation
		if quiet := o.code == 0; o.vec.elem == 4 {
			r = e.Compare(e.Unpack32(uint32(a)), e.Unpack32(uint32(b)), quiet)
		} else {
			r = e.Compare(e.Unpack64(a), e.Unpack64(b), quiet)
		}
		if report(x, &e) {
			return Float
		}
		setStatus(c, [...]uint64{softfloat.Less: x86.CF, softfloat.Equal: x86.ZF, softfloat.Greater: 0,
			softfloat.Unordered: x86.ZF | x86.PF | x86.CF}[r])
		return o.done(c)
	}
}

// approximates prepares RCPPS and RSQRTPS, which raise no exceptions.
func approximates(f func(b uint32) uint32) vectorFamily {
	return floats(&floatOp{f32: func(_ *softfloat.Env, _, b uint32) uint32 { return f(b) }})
}
