package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// exchange prepares XCHG: 86, 87, 90-97.
func exchange(o *Op, in *insn.Inst) handler {
	if in.Opcode >= 0x90 {
		if in.Attr().Has(insn.Nop90 | insn.Pause) {
			return nop
		}
		o.reg = accumulator(o.size)
		return xchg
	}
	o.byteIfEven(in)
	return xchg
}

// xchg is XCHG.
func xchg(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) {
		r := o.reg.read(c) & o.mask
		o.reg.write(c, v)
		return r, c.RFLAGS
	})
}

// compareExchange prepares CMPXCHG and XADD: 0F B0, B1, C0, C1.
func compareExchange(o *Op, in *insn.Inst) handler {
	o.byteIfEven(in)
	if in.Opcode < 0xc0 {
		return cmpxchg
	}
	return xadd
}

// cmpxchg is CMPXCHG: unequal, memory gets its own value back, and a register its own upper half.
func cmpxchg(c *regs.Core, m Memory, o *Op) Outcome {
	a := c.GPR[x86.RAX] & o.mask
	at := uint64(0)
	var v uint64
	if o.mem {
		at = o.offset(c)
		var ok bool
		if v, ok = m.LoadToStore(o.seg, at, o.size); !ok {
			return Refused
		}
	} else {
		v = o.rm.read(c) & o.mask
	}
	equal := a == v
	by := v
	if equal {
		by = o.reg.read(c) & o.mask
	}
	switch {
	case o.mem:
		if !m.Store(o.seg, at, o.size, by) {
			return Refused
		}
	case equal:
		o.rm.write(c, by)
	}
	if !equal {
		c.GPR[x86.RAX] = c.GPR[x86.RAX]&keepOf(o.size) | v
	}
	setStatus(c, subFlags(a, v, (a-v)&o.mask, o.bits))
	return o.done(c)
}

// xadd is XADD.
func xadd(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, a uint64) (uint64, uint64) {
		b := o.reg.read(c) & o.mask
		sum := (a + b) & o.mask
		o.reg.write(c, a)
		return sum, withStatus(c, addFlags(a, b, sum, o.bits))
	})
}

// compareExchangeWide prepares CMPXCHG8B and CMPXCHG16B: 0F C7 /1.
func compareExchangeWide(o *Op, in *insn.Inst) handler {
	if in.Digit() != 1 || !o.mem {
		return nil
	}
	if in.REX&insn.RexW != 0 {
		o.setSize(8)
		return cmpxchg16b
	}
	o.setSize(4)
	return cmpxchg8b
}

// cmpxchg8b is CMPXCHG8B: memory must be writable even if it is not written.
func cmpxchg8b(c *regs.Core, m Memory, o *Op) Outcome {
	at := o.offset(c)
	v, ok := m.LoadToStore(o.seg, at, 8)
	if !ok {
		return Refused
	}
	r := &c.GPR
	equal := v == r[x86.RDX]<<32|r[x86.RAX]&0xffffffff
	by := v
	if equal {
		by = r[x86.RCX]<<32 | r[x86.RBX]&0xffffffff
	}
	if !m.Store(o.seg, at, 8, by) {
		return Refused
	}
	if !equal {
		r[x86.RAX], r[x86.RDX] = v&0xffffffff, v>>32
	}
	setFlag(c, x86.ZF, equal)
	return o.done(c)
}

// cmpxchg16b is CMPXCHG16B: #GP(0) if the linear address is not a multiple of 16.
func cmpxchg16b(c *regs.Core, m Memory, o *Op) Outcome {
	at := o.offset(c)
	base := uint64(0)
	if o.seg >= x86.FS {
		base = c.Seg[o.seg].Base
	}
	if (base+at)%16 != 0 {
		return Protection
	}
	low, ok := m.LoadToStore(o.seg, at, 8)
	if !ok {
		return Refused
	}
	high, ok := m.LoadToStore(o.seg, at+8, 8)
	if !ok {
		return Refused
	}
	r := &c.GPR
	equal := low == r[x86.RAX] && high == r[x86.RDX]
	a, b := low, high
	if equal {
		a, b = r[x86.RBX], r[x86.RCX]
	}
	if !m.Store(o.seg, at, 8, a) || !m.Store(o.seg, at+8, 8, b) {
		return Refused
	}
	if !equal {
		r[x86.RAX], r[x86.RDX] = low, high
	}
	setFlag(c, x86.ZF, equal)
	return o.done(c)
}
