package interp

import (
	"hash/crc32"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// nop is every NOP and hint: PAUSE, prefetches, fences, ENDBR.
func nop(c *regs.Core, _ Memory, o *Op) Outcome { return o.done(c) }

// prefetch prepares 0F 0D: without memory it is #UD, as on AMD's processors.
func prefetch(o *Op, _ *insn.Inst) handler {
	if !o.mem {
		return undefined
	}
	return nop
}

func undefined(*regs.Core, Memory, *Op) Outcome { return Undefined }

// bound is BOUND: #BR outside the signed bounds in memory.
func bound(c *regs.Core, m Memory, o *Op) Outcome {
	at := o.offset(c)
	low, ok := m.Load(o.seg, at, o.size)
	if !ok {
		return Refused
	}
	high, ok := m.Load(o.seg, (at+uint64(o.size))&o.addr, o.size)
	if !ok {
		return Refused
	}
	n := signed(o.reg.read(c)&o.mask, o.bits)
	if n < signed(low, o.bits) || n > signed(high, o.bits) {
		return Bound
	}
	return o.done(c)
}

// movsxdOrArpl prepares 63.
func movsxdOrArpl(o *Op, in *insn.Inst) handler {
	if o.long {
		return extendMove(o, in)
	}
	o.setSize(2)
	return arpl
}

// arpl is ARPL: what stays as it is is not written.
func arpl(c *regs.Core, m Memory, o *Op) Outcome {
	at := uint64(0)
	var v uint64
	if o.mem {
		at = o.offset(c)
		var ok bool
		if v, ok = m.Load(o.seg, at, 2); !ok {
			return Refused
		}
	} else {
		v = o.rm.read(c) & 0xffff
	}
	rpl := o.reg.read(c) & 3
	lower := v&3 < rpl
	if lower {
		v = v&^3 | rpl
	}
	if !o.mem {
		o.rm.write(c, v)
	} else if lower && !m.Store(o.seg, at, 2, v) {
		return Refused
	}
	setFlag(c, x86.ZF, lower)
	return o.done(c)
}

// map0F38Ops prepares MOVBE, CRC32, ADCX and ADOX.
func map0F38Ops(o *Op, in *insn.Inst) handler {
	switch {
	case in.Opcode == 0xf6:
		return addCarry(o, in)
	case in.Opcode&^1 != 0xf0:
		return nil
	case !in.Repne:
		return moveSwapped(o, in)
	}
	to := o.reg
	to.keep = 0
	o.byteIfEven(in)
	o.reg = to
	return crc
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crc is CRC32. The destination has 32 bits, zero-extended.
func crc(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	sum := uint32(o.reg.read(c))
	for range o.size {
		sum = castagnoli[uint8(sum)^uint8(v)] ^ sum>>8
		v >>= 8
	}
	o.reg.write(c, uint64(sum))
	return o.done(c)
}

// group15 prepares LFENCE, MFENCE, SFENCE and CLFLUSH: 0F AE.
func group15(o *Op, in *insn.Inst) handler {
	switch {
	case in.Rep || in.Repne || in.OpSize || in.Digit() < 5:
		return nil
	case o.mem && in.Digit() != 7:
		return nil
	case o.mem:
		o.setSize(1)
		return clflush
	}
	return nop
}

// clflush is CLFLUSH: it faults as a load of a byte would.
func clflush(c *regs.Core, m Memory, o *Op) Outcome {
	if !m.Probe(o.seg, o.offset(c), 1, false) {
		return Refused
	}
	return o.done(c)
}
