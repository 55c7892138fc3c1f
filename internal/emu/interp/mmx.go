package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
	"trapline/internal/x86"
)

// mmxExponent is what an MMX register that is written has in the place of sign and exponent (SDM vol. 3, 12.2).
const mmxExponent = 0xffff

// mmxFamilyOf finds the family of an instruction that uses MMX registers, or nil. EMMS, and conversions of
// memory to XMM registers, make none of them one in use (silicon).
func mmxFamilyOf(in *insn.Inst) vectorFamily {
	f := mmxOps[in.Map][prefixOf(in)][in.Opcode]
	if f == nil || in.Map == insn.Map0F && (in.Opcode == 0x77 || in.Opcode == 0x2a && in.HasMemory()) {
		return f
	}
	return func(o *Op, in *insn.Inst) vectorHandler { return mmx(f(o, in)) }
}

// mmx runs h as an MMX instruction: a pending x87 exception is #MF, and the instruction makes TOP 0 and every
// register one in use (SDM vol. 1, 9.5.1 and 9.6.3).
func mmx(h vectorHandler) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		if x.X87.Pending() {
			return MathFault
		}
		out := h(x, c, m, o)
		if out == Done || out == Float { // silicon
			x.X87.Status &^= fswTop
			x.X87.Tags = 0xff
		}
		return out
	}
}

func getMMX(x *regs.Extended, n uint8) uint64 { return x.X87.R[n&7].Mantissa }

func setMMX(x *regs.Extended, n uint8, v uint64) {
	x.X87.R[n&7] = regs.Float80{Mantissa: v, SignExp: mmxExponent}
}

// mmxOperand reads the operand in ModRM.rm: an MMX register, or so many bytes of memory.
func (o *Op) mmxOperand(x *regs.Extended, c *regs.Core, m Memory, size uint8) (uint64, bool) {
	if !o.mem {
		return getMMX(x, o.rm.n), true
	}
	return m.Load(o.seg, o.offset(c), size)
}

// mmxOf is for instructions on two sources, the first of which is the destination; of memory they read size bytes.
func mmxOf(size uint8, f func(a, b uint64) uint64) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			b, ok := o.mmxOperand(x, c, m, size)
			if !ok {
				return Refused
			}
			setMMX(x, o.reg.n, f(getMMX(x, o.reg.n), b))
			return o.done(c)
		}
	}
}

func mmxWord(f func(a, b uint64) uint64) vectorFamily { return mmxOf(8, f) }

// mmxLow and mmxHigh are for PUNPCKL and PUNPCKH: the lower and the upper half of what SSE2's lower form gives.
func mmxLow(width int) vectorFamily {
	f := interleave(width, false)
	return mmxOf(4, func(a, b uint64) uint64 { return f(lane{a}, lane{b}, 0)[0] })
}

func mmxHigh(width int) vectorFamily {
	f := interleave(width, false)
	return mmxOf(8, func(a, b uint64) uint64 { return f(lane{a}, lane{b}, 0)[1] })
}

// mmxHalf is for instructions whose result is the lower half of SSE's for both sources as one: packs and
// horizontal sums.
func mmxHalf(f func(a, b lane, imm uint8) lane) vectorFamily {
	return mmxOf(8, func(a, b uint64) uint64 { return f(lane{a, b}, lane{}, 0)[0] })
}

func mmxShift(kind shiftKind, size uint8) vectorFamily {
	return mmxOf(8, func(a, n uint64) uint64 { return shiftWord(kind, size, a, n) })
}

// mmxShiftImm shifts the register in ModRM.rm.
func mmxShiftImm(size uint8) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		kind := map[int]shiftKind{2: shiftRight, 4: shiftArithmetic, 6: shiftLeft}[in.Digit()]
		return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
			setMMX(x, o.rm.n, shiftWord(kind, size, getMMX(x, o.rm.n), o.imm))
			return o.done(c)
		}
	}
}

// mmxImm is for PSHUFW and PALIGNR.
func mmxImm(f func(a, b uint64, imm uint8) uint64) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		imm := uint8(in.Imm)
		return mmxOf(8, func(a, b uint64) uint64 { return f(a, b, imm) })(o, in)
	}
}

func pshufw(_, b uint64, imm uint8) uint64    { return shuffleWords(b, imm) }
func palignr64(a, b uint64, imm uint8) uint64 { return funnel([]uint64{b, a}, imm) }

// pshufb64 is PSHUFB of 8 bytes.
func pshufb64(a, b uint64) (r uint64) {
	for s := 0; s < 64; s += 8 {
		if i := b >> s & 0xff; i&0x80 == 0 {
			r |= a >> (8 * (i & 7)) & 0xff << s
		}
	}
	return r
}

// mmxFromGeneral is MOVD and MOVQ of a general register or memory.
func mmxFromGeneral(o *Op, in *insn.Inst) vectorHandler {
	o.general(in)
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v, ok := o.load(c, m)
		if !ok {
			return Refused
		}
		setMMX(x, o.reg.n, v)
		return o.done(c)
	}
}

func mmxToGeneral(o *Op, in *insn.Inst) vectorHandler {
	o.general(in)
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		if !o.store(c, m, getMMX(x, o.reg.n)&o.mask) {
			return Refused
		}
		return o.done(c)
	}
}

// mmxStore is MOVQ to a register or memory, and MOVNTQ.
func mmxStore(_ *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v := getMMX(x, o.reg.n)
		if !o.mem {
			setMMX(x, o.rm.n, v)
		} else if !m.Store(o.seg, o.offset(c), 8, v) {
			return Refused
		}
		return o.done(c)
	}
}

// emms empties every register; TOP becomes 0 (silicon).
func emms(_ *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
		if x.X87.Pending() {
			return MathFault
		}
		x.X87.Status &^= fswTop
		x.X87.Tags = 0
		return o.done(c)
	}
}

// mmxInsert is PINSRW.
func mmxInsert(_ *Op, in *insn.Inst) vectorHandler {
	shift := 16 * uint(in.Imm&3)
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v, ok := uint64(0), true
		if o.mem {
			v, ok = m.Load(o.seg, o.offset(c), 2)
		} else {
			v = c.GPR[o.rm.n]
		}
		if !ok {
			return Refused
		}
		setMMX(x, o.reg.n, getMMX(x, o.reg.n)&^(0xffff<<shift)|v&0xffff<<shift)
		return o.done(c)
	}
}

// mmxToRegister is PEXTRW and PMOVMSKB: f of an MMX register, to a general one of 32 bits.
func mmxToRegister(f func(v uint64, imm uint8) uint64) vectorFamily {
	return func(_ *Op, _ *insn.Inst) vectorHandler {
		return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
			c.GPR[o.reg.n] = f(getMMX(x, o.rm.n), uint8(o.imm))
			return o.done(c)
		}
	}
}

func pextrw64(v uint64, imm uint8) uint64 { return v >> (16 * (imm & 3)) & 0xffff }
func pmovmskb64(v uint64, _ uint8) uint64 { return signBits(v, 1) }

// maskmovq stores the bytes whose mask byte has its top bit set to the address in rDI. The others must be writable too,
// as for MASKMOVDQU.
func maskmovq(_ *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		at, v, mask := c.GPR[x86.RDI], getMMX(x, o.reg.n), getMMX(x, o.rm.n)
		if !m.Probe(o.seg, at&o.addr, 8, true) {
			return Refused
		}
		for i := range uint64(8) {
			if mask>>(8*i+7)&1 != 0 && !m.Store(o.seg, (at+i)&o.addr, 1, v>>(8*i)&0xff) {
				return Refused
			}
		}
		return o.done(c)
	}
}

// movq2dq and movdq2q move between MMX and XMM registers.
func movq2dq(_ *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
		o.putLane(x, o.reg.n, lane{getMMX(x, o.rm.n)})
		return o.done(c)
	}
}

func movdq2q(_ *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
		setMMX(x, o.reg.n, x.YMM[o.rm.n&15][0])
		return o.done(c)
	}
}

// fromMMX is CVTPI2PS and CVTPI2PD: two integers of 32 bits become elements of so many bytes. The upper half of the register
// stays with those of 4.
func fromMMX(size uint8, pack func(*softfloat.Env, softfloat.Number) uint64) vectorFamily {
	return func(_ *Op, _ *insn.Inst) vectorHandler {
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := o.mmxOperand(x, c, m, 8)
			if !ok {
				return Refused
			}
			e := environment(x)
			r := lane{}
			if size == 4 {
				r[1] = x.YMM[o.reg.n&15][1]
			}
			for i := range 2 {
				setElement(&r, i, 8*int(size), pack(&e, fromInt32(&e, v>>(32*i))))
			}
			if report(x, &e) {
				return Float
			}
			o.putLane(x, o.reg.n, r)
			return o.done(c)
		}
	}
}

// toMMX is CVTPS2PI, CVTPD2PI and their truncating kin.
func toMMX(size uint8, unpack func(*softfloat.Env, uint64) softfloat.Number) vectorFamily {
	return func(_ *Op, in *insn.Inst) vectorHandler {
		f := converter(unpack, integer(32, in.Opcode == 0x2c))
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := x.YMM[o.rm.n&15], true
			if o.mem {
				v, ok = o.loadWords(c, m, size/4)
			}
			if !ok {
				return Refused
			}
			e := environment(x)
			l, r := lane{v[0], v[1]}, lane{}
			for i := range 2 {
				setElement(&r, i, 32, f(&e, element(l, i, 8*int(size))))
			}
			if report(x, &e) {
				return Float
			}
			setMMX(x, o.reg.n, r[0])
			return o.done(c)
		}
	}
}
