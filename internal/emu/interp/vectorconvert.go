package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
)

// conversion makes an element of another size or kind.
type conversion func(e *softfloat.Env, v uint64) uint64

func single(e *softfloat.Env, n softfloat.Number) uint64 { return uint64(e.Convert32(n)) }
func double(e *softfloat.Env, n softfloat.Number) uint64 { return e.Convert64(n) }

func fromSingle(e *softfloat.Env, v uint64) softfloat.Number { return e.Unpack32(uint32(v)) }
func fromDouble(e *softfloat.Env, v uint64) softfloat.Number { return e.Unpack64(v) }

func fromInt32(_ *softfloat.Env, v uint64) softfloat.Number {
	return softfloat.FromInt(int64(int32(v)))
}
func fromInt64(_ *softfloat.Env, v uint64) softfloat.Number { return softfloat.FromInt(int64(v)) }

// converter is a conversion made of its two halves.
func converter(from func(*softfloat.Env, uint64) softfloat.Number, to func(*softfloat.Env, softfloat.Number) uint64) conversion {
	return func(e *softfloat.Env, v uint64) uint64 { return to(e, from(e, v)) }
}

// integer rounds to a signed integer of so many bits, by MXCSR or toward zero.
func integer(width uint, truncate bool) func(*softfloat.Env, softfloat.Number) uint64 {
	return func(e *softfloat.Env, n softfloat.Number) uint64 {
		r := e.Rounding
		if truncate {
			r = softfloat.Zero
		}
		return uint64(e.ToInt(n, width, r)) & (^uint64(0) >> (64 - width))
	}
}

// packedConversion converts elements of one size to another. The narrower ones lie in the lower half of their
// register or in as many bytes of memory; what is above a narrower result is zero.
func packedConversion(from, to uint8, f conversion) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		n := 8 * o.vec.words / max(from, to)
		size := n * from
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := x.YMM[o.rm.n], true
			switch {
			case o.mem && size == 8:
				v[0], ok = m.Load(o.seg, o.offset(c), 8)
			case o.mem:
				v, ok = o.loadWords(c, m, size/8)
			}
			if !ok {
				return Refused
			}
			e := environment(x)
			var r vector
			for i := range int(n) {
				setWide(&r, i, int(to), f(&e, wideElement(&v, i, int(from))))
			}
			return o.putFloats(x, c, &e, &r)
		}
	}
}

// scalarConversion is CVTSS2SD and CVTSD2SS.
func scalarConversion(from, to uint8, f conversion) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.vec.words = 2
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := o.low(x, c, m, from)
			if !ok {
				return Refused
			}
			e := environment(x)
			v = f(&e, v)
			return o.putFloat(x, c, &e, to, v)
		}
	}
}

// fromGeneral is CVTSI2SS and CVTSI2SD.
func fromGeneral(to uint8, pack func(*softfloat.Env, softfloat.Number) uint64) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		o.vec.words = 2
		o.general(in)
		f := converter(fromInt32, pack)
		if o.size == 8 {
			f = converter(fromInt64, pack)
		}
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := o.load(c, m)
			if !ok {
				return Refused
			}
			e := environment(x)
			v = f(&e, v)
			return o.putFloat(x, c, &e, to, v)
		}
	}
}

// toGeneral is CVTSS2SI, CVTTSS2SI and those of doubles.
func toGeneral(from uint8, unpack func(*softfloat.Env, uint64) softfloat.Number) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		o.general(in)
		f := converter(unpack, integer(uint(o.bits), in.Opcode == 0x2c))
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := o.low(x, c, m, from)
			if !ok {
				return Refused
			}
			e := environment(x)
			v = f(&e, v)
			if report(x, &e) {
				return Float
			}
			o.reg.write(c, v)
			return o.done(c)
		}
	}
}

// halfToSingle is VCVTPH2PS.
var halfToSingle = packedConversion(2, 4, func(e *softfloat.Env, v uint64) uint64 {
	return uint64(e.Convert32(softfloat.UnpackHalf(uint16(v))))
})

// singleToHalf is VCVTPS2PH: from a register to a register or memory; imm says how to round.
func singleToHalf(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		e := environment(x)
		if o.imm&4 == 0 {
			e.Rounding = softfloat.Rounding(o.imm & 3)
		}
		var r vector
		for i := range 2 * int(o.vec.words) {
			setWide(&r, i, 2, uint64(e.ConvertHalf(e.Unpack32(uint32(wideElement(&x.YMM[o.reg.n], i, 4))))))
		}
		if o.mem && e.Flags&e.Unmasked != 0 { // a page fault comes first
			if size := 4 * o.vec.words; !m.Probe(o.seg, o.offset(c), min(size, 8), true) || size == 16 && !m.Probe(o.seg, (o.offset(c)+8)&o.addr, 8, true) {
				return Refused
			}
		} else if o.mem && !o.storeWords(c, m, &r, o.vec.words/2) {
			return Refused
		}
		if report(x, &e) {
			return Float
		}
		if !o.mem {
			o.putLane(x, o.rm.n, lane{r[0], r[1]})
		}
		return o.done(c)
	}
}
