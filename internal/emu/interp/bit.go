package interp

import (
	"math/bits"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// Operations of bitTest in Op.code.
const (
	opBT = iota
	opBTS
	opBTR
	opBTC
)

// bitTest prepares BT, BTS, BTR, BTC: 0F A3, AB, B3, BB, and BA /4 to /7.
func bitTest(o *Op, in *insn.Inst) handler {
	if in.Opcode == 0xba {
		o.code = uint8(in.Digit() & 3)
		o.imm &= uint64(o.bits) - 1
		return bitTestImm
	}
	o.code = in.Opcode >> 3 & 3
	return bitTestReg
}

func bitTestImm(c *regs.Core, m Memory, o *Op) Outcome {
	return o.bitTestAt(c, m, o.offset(c), o.imm)
}

// bitTestReg takes the bit's number from a register: in memory, it may lie outside the operand.
func bitTestReg(c *regs.Core, m Memory, o *Op) Outcome {
	n := signed(o.reg.read(c)&o.mask, o.bits)
	at := uint64(0)
	if o.mem {
		words := n >> bits.TrailingZeros8(o.bits)
		at = (o.offset(c) + uint64(words)*uint64(o.size)) & o.addr
	}
	return o.bitTestAt(c, m, at, uint64(n)&(uint64(o.bits)-1))
}

// bitTestAt sets CF and leaves the other flags, OF, SF, AF and PF of which are undefined.
func (o *Op) bitTestAt(c *regs.Core, m Memory, at, n uint64) Outcome {
	v, ok := uint64(0), true
	switch {
	case !o.mem:
		v = o.rm.read(c) & o.mask
	case o.code == opBT:
		v, ok = m.Load(o.seg, at, o.size)
	default:
		v, ok = m.LoadToStore(o.seg, at, o.size)
	}
	if !ok {
		return Refused
	}
	r, bit := v, uint64(1)<<n
	switch o.code {
	case opBTS:
		r |= bit
	case opBTR:
		r &^= bit
	case opBTC:
		r ^= bit
	}
	if o.code != opBT {
		if !o.mem {
			o.rm.write(c, r)
		} else if !m.Store(o.seg, at, o.size, r) {
			return Refused
		}
	}
	c.RFLAGS = c.RFLAGS&^x86.CF | v>>n&1
	return o.done(c)
}

// bitScan prepares BSF, BSR, TZCNT, LZCNT: 0F BC, BD.
func bitScan(o *Op, in *insn.Inst) handler {
	switch {
	case in.Rep && in.Opcode == 0xbc:
		return tzcnt
	case in.Rep:
		return lzcnt
	case in.Opcode == 0xbc:
		return bsf
	}
	return bsr
}

// bsf is BSF. Of 0 the destination stays, but for the upper half under a 32-bit operand size; ZF is defined,
// the others are those of the operand, CF, OF and AF 0.
func bsf(c *regs.Core, m Memory, o *Op) Outcome {
	return scan(c, m, o, func(v uint64) uint64 { return uint64(bits.TrailingZeros64(v)) })
}

// bsr is BSR, with the flags of bsf.
func bsr(c *regs.Core, m Memory, o *Op) Outcome {
	return scan(c, m, o, func(v uint64) uint64 { return uint64(bits.Len64(v) - 1) })
}

func scan(c *regs.Core, m Memory, o *Op, find func(uint64) uint64) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	n := o.reg.read(c) & o.mask
	if v != 0 {
		n = find(v)
	}
	o.reg.write(c, n)
	setStatus(c, resultFlags(v, o.bits))
	return o.done(c)
}

// tzcnt is TZCNT: CF if the operand is 0, ZF by the result; the others, undefined, are 0.
func tzcnt(c *regs.Core, m Memory, o *Op) Outcome {
	return count(c, m, o, func(v uint64, width int) int { return min(bits.TrailingZeros64(v), width) })
}

// lzcnt is LZCNT, with the flags of tzcnt.
func lzcnt(c *regs.Core, m Memory, o *Op) Outcome {
	return count(c, m, o, func(v uint64, width int) int { return width - bits.Len64(v) })
}

func count(c *regs.Core, m Memory, o *Op, f func(v uint64, width int) int) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	n := uint64(f(v, int(o.bits)))
	o.reg.write(c, n)
	setStatus(c, extractFlags(n, v == 0, o.bits))
	return o.done(c)
}

// extractFlags are the flags of the instructions of BMI1: ZF and SF of the result, the carry, OF 0; AF and PF,
// undefined, 0.
func extractFlags(r uint64, carry bool, width uint8) uint64 {
	f := resultFlags(r, width) &^ x86.PF
	if carry {
		f |= x86.CF
	}
	return f
}

// popcnt is POPCNT.
func popcnt(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	n := uint64(bits.OnesCount64(v))
	o.reg.write(c, n)
	var f uint64
	if n == 0 {
		f = x86.ZF
	}
	setStatus(c, f)
	return o.done(c)
}
