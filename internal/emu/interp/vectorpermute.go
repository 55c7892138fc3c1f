package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// Shifts, blends and what moves elements across the lanes of 128 bits.

// shifts shifts each element by the low 64 bits of the operand, which has 128 bits with any vector length.
func shifts(kind shiftKind, size uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.vec.elem, o.code = size, uint8(kind)
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			n, ok := x.YMM[o.rm.n][0], true
			if o.mem {
				var v vector
				v, ok = o.loadWords(c, m, 2)
				n = v[0]
			}
			if !ok {
				return Refused
			}
			o.shiftAll(x, o.reg.n, o.first(x), n)
			return o.done(c)
		}
	}
}

func (o *Op) shiftAll(x *regs.Extended, to uint8, from *vector, n uint64) {
	var r vector
	for i := range o.vec.words {
		r[i&3] = shiftWord(shiftKind(o.code), o.vec.elem, from[i&3], n)
	}
	o.put(x, to, &r)
}

// shiftsImm is the same by an immediate: the register in ModRM.rm is the source, and the destination of a legacy
// one.
func shiftsImm(size uint8) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		to := o.rm.n
		if o.vec.vex {
			to = o.vec.first
		}
		o.reg.n, o.vec.elem = to, size
		switch in.Digit() {
		case 2:
			o.code = uint8(shiftRight)
		case 4:
			o.code = uint8(shiftArithmetic)
		case 6:
			o.code = uint8(shiftLeft)
		case 3:
			o.vec.lane = psrldq
			return runLanes
		case 7:
			o.vec.lane = pslldq
			return runLanes
		default:
			return nil
		}
		return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
			from := x.YMM[o.rm.n]
			o.shiftAll(x, o.reg.n, &from, o.imm)
			return o.done(c)
		}
	}
}

// blends takes the elements of the operand whose bit in imm is set, the others of the first source. The bits of
// PBLENDW are used again in the upper lane.
func blends(size uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.vec.elem = size
		return madeOf(func(o *Op, a, b vector) vector {
			r := a
			size := int(o.vec.elem)
			for i := range 8 * int(o.vec.words) / size {
				if o.imm>>(i&7)&1 != 0 {
					mask := maskOf(o.vec.elem) << (8 * i * size & 63)
					w := 8 * i * size >> 6 & 3
					r[w] = r[w]&^mask | b[w]&mask
				}
			}
			return r
		})
	}
}

// blendsBy takes the elements of the operand whose sign bit is set in a mask register: XMM0 of a legacy one, else
// that in the immediate's upper half.
func blendsBy(size uint8) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		o.vec.elem, o.code = size, 0
		if o.vec.vex {
			o.code = registerIn(in)
		}
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			b, ok := o.operand(x, c, m)
			if !ok {
				return Refused
			}
			r, by := *o.first(x), &x.YMM[o.code&15]
			for i := range o.vec.words {
				mask := fill(by[i&3], o.vec.elem)
				r[i&3] = r[i&3]&^mask | b[i&3]&mask
			}
			o.put(x, o.reg.n, &r)
			return o.done(c)
		}
	}
}

// registerIn is the register in the upper half of an immediate.
func registerIn(in *insn.Inst) uint8 {
	n := uint8(in.Imm) >> 4
	if !in.Mode.Is64() {
		n &= 7
	}
	return n
}

// fill makes each element all ones or zeros by its sign bit.
func fill(v uint64, size uint8) (mask uint64) {
	for i := uint8(0); i < 8; i += size {
		if v>>(8*(i+size)-1)&1 != 0 {
			mask |= maskOf(size) << (8 * i)
		}
	}
	return mask
}

// ptest is PTEST and VTESTPS, VTESTPD, which look at sign bits only.
func ptest(signs uint64) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			b, ok := o.operand(x, c, m)
			if !ok {
				return Refused
			}
			a := &x.YMM[o.reg.n]
			var both, only uint64
			for i := range o.vec.words {
				both |= a[i&3] & b[i&3]
				only |= b[i&3] &^ a[i&3]
			}
			var f uint64
			if both&signs == 0 {
				f |= x86.ZF
			}
			if only&signs == 0 {
				f |= x86.CF
			}
			setStatus(c, f)
			return o.done(c)
		}
	}
}

// broadcasts repeats the lowest element, of a register or of memory, in all of the destination.
func broadcasts(size uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.vec.elem = size
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := o.low(x, c, m, o.vec.elem)
			if !ok {
				return Refused
			}
			for s := 8 * o.vec.elem; s < 64; s *= 2 {
				v |= v << s
			}
			o.put(x, o.reg.n, &vector{v, v, v, v})
			return o.done(c)
		}
	}
}

// broadcastLane repeats 128 bits of memory.
func broadcastLane(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v, ok := o.loadWords(c, m, 2)
		if !ok {
			return Refused
		}
		o.put(x, o.reg.n, &vector{v[0], v[1], v[0], v[1]})
		return o.done(c)
	}
}

// permutes32 is VPERMPS and VPERMD: the element of the operand that each element of the first source names.
func permutes32(o *Op, _ *insn.Inst) vectorHandler {
	return madeOf(func(o *Op, a, b vector) vector {
		var r vector
		for i := range 8 {
			n := a[i/2] >> (32 * (i & 1)) & 7
			r[i/2] |= b[n/2] >> (32 * (n & 1)) & 0xffffffff << (32 * (i & 1))
		}
		return r
	})
}

// permutes64 is VPERMQ and VPERMPD: imm has two bits for each element.
func permutes64(o *Op, _ *insn.Inst) vectorHandler {
	return madeOf(func(o *Op, _, b vector) vector {
		var r vector
		for i := range r {
			r[i] = b[o.imm>>(2*i)&3]
		}
		return r
	})
}

// permutesLanes is VPERM2F128 and VPERM2I128.
func permutesLanes(o *Op, _ *insn.Inst) vectorHandler {
	return madeOf(func(o *Op, a, b vector) vector {
		var r vector
		for i := range 2 {
			control := o.imm >> (4 * i)
			from := a
			if control&2 != 0 {
				from = b
			}
			if control&8 == 0 {
				l := laneOf(&from, uint8(control&1))
				r[2*i], r[2*i+1] = l[0], l[1]
			}
		}
		return r
	})
}

// insertLane is VINSERTF128 and VINSERTI128.
func insertLane(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		b, ok := x.YMM[o.rm.n], true
		if o.mem {
			b, ok = o.loadWords(c, m, 2)
		}
		if !ok {
			return Refused
		}
		r := *o.first(x)
		i := 2 * (o.imm & 1)
		r[i], r[i+1] = b[0], b[1]
		o.put(x, o.reg.n, &r)
		return o.done(c)
	}
}

// extractLane is VEXTRACTF128 and VEXTRACTI128.
func extractLane(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		l := laneOf(&x.YMM[o.reg.n], uint8(o.imm&1))
		if !o.mem {
			o.putLane(x, o.rm.n, l)
		} else if !o.storeWords(c, m, &vector{l[0], l[1]}, 2) {
			return Refused
		}
		return o.done(c)
	}
}

// permutesImm is VPERMILPS and VPERMILPD with an immediate.
func permutesImm(o *Op, in *insn.Inst) vectorHandler {
	if in.Opcode == 0x04 {
		o.vec.lane = pshufd
		return runLanes
	}
	return madeOf(func(o *Op, _, b vector) vector {
		var r vector
		for i := range r {
			r[i] = b[i&2|int(o.imm>>i&1)]
		}
		return r
	})
}

// shufpd takes an element of the first source, then one of the operand, in each lane.
func shufpd(o *Op, _ *insn.Inst) vectorHandler {
	return madeOf(func(o *Op, a, b vector) vector {
		var r vector
		for i := range r {
			from := a
			if i&1 != 0 {
				from = b
			}
			r[i] = from[i&2|int(o.imm>>i&1)]
		}
		return r
	})
}

// shiftsByElement shifts each element by that of the operand: VPSLLVD and VPSLLVQ, VPSRLVD and VPSRLVQ.
func shiftsByElement(f32, f64 func(a, n uint64) uint64) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		o.vec.word = f32
		if in.Vex.W {
			o.vec.word = f64
		}
		return runWords
	}
}

// sadBlocks is MPSADBW: the upper lane has bits 3 to 5 of imm.
func sadBlocks(o *Op, _ *insn.Inst) vectorHandler {
	return madeOf(func(o *Op, a, b vector) vector {
		var r vector
		for i := uint8(0); i < o.vec.words/2; i++ {
			l := mpsadbw(laneOf(&a, i), laneOf(&b, i), uint8(o.imm)>>(3*i))
			r[2*i&3], r[2*i&3+1] = l[0], l[1]
		}
		return r
	})
}
