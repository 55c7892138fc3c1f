package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
)

// Moves between vector registers and general registers, and of single elements.

// general makes the general operand 32 bits, or 64 with REX.W or VEX.W, which means nothing outside 64-bit mode.
func (o *Op) general(in *insn.Inst) {
	if o.long && (in.REX&insn.RexW != 0 || in.Vex.W) {
		o.setSize(8)
	} else {
		o.setSize(4)
	}
}

// movd is MOVD and MOVQ from a general register or memory.
func movd(o *Op, in *insn.Inst) vectorHandler {
	o.general(in)
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v, ok := o.load(c, m)
		if !ok {
			return Refused
		}
		o.putLane(x, o.reg.n, lane{v})
		return o.done(c)
	}
}

// movdStore is MOVD and MOVQ to a general register or memory.
func movdStore(o *Op, in *insn.Inst) vectorHandler {
	o.general(in)
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		if !o.store(c, m, x.YMM[o.reg.n][0]&o.mask) {
			return Refused
		}
		return o.done(c)
	}
}

// extracts moves one element to a general register, zero-extended, or to memory: PEXTRB, PEXTRW, PEXTRD,
// PEXTRQ, EXTRACTPS.
func extracts(size uint8) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		if size != 0 {
			return extractElement(o, size)
		}
		if o.vec.vex && in.Vex.W && !o.long {
			return undefinedVector
		}
		o.general(in)
		return extractElement(o, o.size)
	}
}

func extractElement(o *Op, size uint8) vectorHandler {
	o.setSize(8) // of a register: all of it
	o.vec.elem = size
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		width := 8 * int(o.vec.elem)
		v := element(laneOf(&x.YMM[o.reg.n], 0), int(o.imm)&(128/width-1), width)
		if !o.mem {
			o.rm.write(c, v)
		} else if !m.Store(o.seg, o.offset(c), o.vec.elem, v) {
			return Refused
		}
		return o.done(c)
	}
}

// undefinedVector is what the decoder lets through: VPEXTRQ and VPINSRQ outside 64-bit mode, gathers into their
// mask or index.
func undefinedVector(*regs.Extended, *regs.Core, Memory, *Op) Outcome { return Undefined }

// pextrw is 0F C5: from the register in ModRM.rm to that in ModRM.reg.
func pextrw(o *Op, _ *insn.Inst) vectorHandler {
	o.setSize(8)
	return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
		o.reg.write(c, element(laneOf(&x.YMM[o.rm.n], 0), int(o.imm)&7, 16))
		return o.done(c)
	}
}

// inserts replaces one element by a general register's low bits or memory: PINSRB, PINSRW, PINSRD, PINSRQ.
func inserts(size uint8) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		o.vec.elem = size
		if size == 0 {
			if o.vec.vex && in.Vex.W && !o.long {
				return undefinedVector
			}
			o.general(in)
			o.vec.elem = o.size
		}
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			size := o.vec.elem
			v, ok := c.GPR[o.rm.n&15]&maskOf(size), true
			if o.mem {
				v, ok = m.Load(o.seg, o.offset(c), size)
			}
			if !ok {
				return Refused
			}
			o.putLane(x, o.reg.n, withElement(laneOf(o.first(x), 0), int(o.imm)&(16/int(size)-1), 8*int(size), v))
			return o.done(c)
		}
	}
}

// withElement is a lane with element i replaced.
func withElement(v lane, i, width int, e uint64) lane {
	at := i * width
	w := &v[at>>6&1]
	*w = *w&^(^uint64(0)>>(64-width)<<(at&63)) | e<<(at&63)
	return v
}

// insertps replaces an element by one of a register, or by memory, and clears those that imm names.
func insertps(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v, ok := element(laneOf(&x.YMM[o.rm.n], 0), int(o.imm>>6&3), 32), true
		if o.mem {
			v, ok = m.Load(o.seg, o.offset(c), 4)
		}
		if !ok {
			return Refused
		}
		r := withElement(laneOf(o.first(x), 0), int(o.imm>>4&3), 32, v)
		for i := range 4 {
			if o.imm>>i&1 != 0 {
				r = withElement(r, i, 32, 0)
			}
		}
		o.putLane(x, o.reg.n, r)
		return o.done(c)
	}
}

// masks gathers the sign bits of a register's elements into a general register: MOVMSKPS, MOVMSKPD, PMOVMSKB.
func masks(size uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.setSize(8)
		o.vec.elem = size
		return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
			var mask uint64
			v := &x.YMM[o.rm.n]
			for i := range o.vec.words {
				mask |= signBits(v[i&3], o.vec.elem) << (i * (8 / o.vec.elem))
			}
			o.reg.write(c, mask)
			return o.done(c)
		}
	}
}
