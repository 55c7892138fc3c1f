package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// Moves between vector registers and memory.

// loads moves whole operands to a register: MOVUPS, MOVAPS, MOVDQA and kin.
func loads(_ *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v, ok := o.operand(x, c, m)
		if !ok {
			return Refused
		}
		o.put(x, o.reg.n, &v)
		return o.done(c)
	}
}

// stores moves whole operands from a register.
func stores(_ *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		if !o.mem {
			o.put(x, o.rm.n, &x.YMM[o.reg.n])
			return o.done(c)
		}
		if !o.storeWords(c, m, &x.YMM[o.reg.n], o.vec.words) {
			return Refused
		}
		return o.done(c)
	}
}

// scalarSize is the size of the elements that a prefix or a bit names, in bytes.
func (o *Op) scalars(size uint8) { o.vec.words, o.vec.elem = 2, size }

// loadScalar is MOVSS and MOVSD to a register: from memory the rest is cleared, from a register it is that of the
// first source.
func loadScalar(size uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.scalars(size)
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := o.low(x, c, m, o.vec.elem)
			if !ok {
				return Refused
			}
			var r lane
			if !o.mem {
				r = laneOf(o.first(x), 0)
			}
			o.putLane(x, o.reg.n, lane{r[0]&^maskOf(o.vec.elem) | v, r[1]})
			return o.done(c)
		}
	}
}

// storeScalar is MOVSS and MOVSD from a register.
func storeScalar(size uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.scalars(size)
		if !o.mem && !o.vec.vex {
			o.vec.first = o.rm.n
		}
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v := x.YMM[o.reg.n][0] & maskOf(o.vec.elem)
			if o.mem {
				if !m.Store(o.seg, o.offset(c), o.vec.elem, v) {
					return Refused
				}
				return o.done(c)
			}
			r := laneOf(o.first(x), 0)
			o.putLane(x, o.rm.n, lane{r[0]&^maskOf(o.vec.elem) | v, r[1]})
			return o.done(c)
		}
	}
}

// loadHalf replaces one half of a register: MOVLPS, MOVHPS and their register forms MOVHLPS, MOVLHPS, which take
// the other half.
func loadHalf(high uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.scalars(8)
		o.code = high
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			v, ok := x.YMM[o.rm.n][1-o.code&1], true
			if o.mem {
				v, ok = m.Load(o.seg, o.offset(c), 8)
			}
			if !ok {
				return Refused
			}
			r := laneOf(o.first(x), 0)
			r[o.code&1] = v
			o.putLane(x, o.reg.n, r)
			return o.done(c)
		}
	}
}

// storeHalf stores one half of a register.
func storeHalf(high uint8) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		o.code = high
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			if !m.Store(o.seg, o.offset(c), 8, x.YMM[o.reg.n][o.code&1]) {
				return Refused
			}
			return o.done(c)
		}
	}
}

// movddup doubles the low element of each lane; of memory a 128-bit form reads 64 bits.
func movddup(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		if o.vec.words == 2 {
			v, ok := o.low(x, c, m, 8)
			if !ok {
				return Refused
			}
			o.putLane(x, o.reg.n, lane{v, v})
			return o.done(c)
		}
		v, ok := o.operand(x, c, m)
		if !ok {
			return Refused
		}
		o.put(x, o.reg.n, &vector{v[0], v[0], v[2], v[2]})
		return o.done(c)
	}
}

// movq loads 64 bits and clears the rest.
func movq(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v, ok := o.low(x, c, m, 8)
		if !ok {
			return Refused
		}
		o.putLane(x, o.reg.n, lane{v})
		return o.done(c)
	}
}

// movqStore is 66 0F D6: a register operand's rest is cleared.
func movqStore(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		v := x.YMM[o.reg.n][0]
		if !o.mem {
			o.putLane(x, o.rm.n, lane{v})
		} else if !m.Store(o.seg, o.offset(c), 8, v) {
			return Refused
		}
		return o.done(c)
	}
}

// maskmovdqu stores the bytes whose mask byte has its top bit set to the address in rDI. The others must be
// writable too, as on AMD's processors.
func maskmovdqu(o *Op, _ *insn.Inst) vectorHandler {
	return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
		at, v, mask := c.GPR[x86.RDI], laneOf(&x.YMM[o.reg.n], 0), laneOf(&x.YMM[o.rm.n], 0)
		if !m.Probe(o.seg, at&o.addr, 8, true) || !m.Probe(o.seg, (at+8)&o.addr, 8, true) {
			return Refused
		}
		for i := range 16 {
			if element(mask, i, 8)&0x80 != 0 && !m.Store(o.seg, (at+uint64(i))&o.addr, 1, element(v, i, 8)) {
				return Refused
			}
		}
		return o.done(c)
	}
}

// extends widens the lowest elements: PMOVSX and PMOVZX.
func extends(from, to uint8, signedly bool) vectorFamily {
	return func(o *Op, _ *insn.Inst) vectorHandler {
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			n := 8 * o.vec.words / to // elements
			var v vector
			ok := true
			switch size := n * from; {
			case !o.mem:
				v = x.YMM[o.rm.n]
			case size == 16:
				v, ok = o.loadWords(c, m, 2)
			default:
				v[0], ok = m.Load(o.seg, o.offset(c), size)
			}
			if !ok {
				return Refused
			}
			var r vector
			for i := range int(n) {
				e := element(laneOf(&v, 0), i, 8*int(from))
				if signedly {
					e = uint64(signed(e, 8*from)) & maskOf(to)
				}
				at := 8 * i * int(to)
				r[at>>6&3] |= e << (at & 63)
			}
			o.put(x, o.reg.n, &r)
			return o.done(c)
		}
	}
}

// zeroUpper is VZEROUPPER, and VZEROALL with VEX.L; outside 64-bit mode of the first eight registers.
func zeroUpper(o *Op, in *insn.Inst) vectorHandler {
	if !o.vec.vex {
		return nil // EMMS
	}
	return func(x *regs.Extended, c *regs.Core, _ Memory, o *Op) Outcome {
		n := 8
		if o.long {
			n = 16
		}
		for i := range n {
			r := &x.YMM[i]
			if o.vec.words == 4 {
				r[0], r[1] = 0, 0
			}
			r[2], r[3] = 0, 0
		}
		return o.done(c)
	}
}

// mxcsr prepares LDMXCSR and STMXCSR: 0F AE /2 and /3.
func mxcsr(o *Op, in *insn.Inst) vectorHandler {
	switch {
	case !o.mem:
		return nil
	case in.Digit() == 2:
		return ldmxcsr
	case in.Digit() == 3:
		return stmxcsr
	}
	return nil
}

// ldmxcsr is LDMXCSR: #GP for bits that do not exist.
func ldmxcsr(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := m.Load(o.seg, o.offset(c), 4)
	switch {
	case !ok:
		return Refused
	case v&^regs.MXCSRMask != 0:
		return Protection
	}
	x.MXCSR = uint32(v)
	return o.done(c)
}

func stmxcsr(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
	if !m.Store(o.seg, o.offset(c), 4, uint64(x.MXCSR)) {
		return Refused
	}
	return o.done(c)
}
