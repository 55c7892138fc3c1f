package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
)

// fma prepares FMA3: VEX.66.0F38 96-9F, A6-AF, B6-BF. The opcode's upper half says which operands are multiplied
// (132, 213, 231), the lower half the signs, and bit 0 whether it is scalar, but for the two that alternate.
func fma(o *Op, in *insn.Inst) vectorHandler {
	o.vec.elem = sizeByW(in)
	o.code = in.Opcode
	scalar := in.Opcode&15 >= 8 && in.Opcode&1 != 0
	if scalar {
		o.vec.words = 2
	}
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		var b vector
		ok := true
		if scalar && o.mem {
			b[0], ok = m.Load(o.seg, o.offset(c), o.vec.elem)
		} else {
			b, ok = o.operand(x, c, m)
		}
		if !ok {
			return Refused
		}
		e, size := environment(x), int(o.vec.elem)
		to, v := &x.YMM[o.reg.n], o.first(x)
		n := 8 * int(o.vec.words) / size
		r := *to
		if scalar {
			n = 1
		}
		for i := range n {
			setWide(&r, i, size, o.multiplyAdd(&e, i, wideElement(to, i, size), wideElement(v, i, size), wideElement(&b, i, size)))
		}
		return o.putFloats(x, c, &e, &r)
	}
}

// multiplyAdd makes element i of the destination, the first source and the operand.
func (o *Op) multiplyAdd(e *softfloat.Env, i int, d, v, b uint64) uint64 {
	x, y, z := d, b, v // 132
	switch o.code >> 4 {
	case 0xa: // 213
		x, y, z = v, d, b
	case 0xb: // 231
		x, y, z = v, b, d
	}
	var s softfloat.FMASign
	switch o.code & 15 {
	case 6: // FMADDSUB
		if i&1 == 0 {
			s = softfloat.NegateAddend
		}
	case 7: // FMSUBADD
		if i&1 != 0 {
			s = softfloat.NegateAddend
		}
	case 0xa, 0xb:
		s = softfloat.NegateAddend
	case 0xc, 0xd:
		s = softfloat.NegateProduct
	case 0xe, 0xf:
		s = softfloat.NegateProduct | softfloat.NegateAddend
	}
	if o.vec.elem == 4 {
		return uint64(e.FMA32(uint32(x), uint32(y), uint32(z), s))
	}
	return e.FMA64(x, y, z, s)
}
