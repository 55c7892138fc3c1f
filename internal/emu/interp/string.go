package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// Repeat prefixes in Op.code.
const (
	once = iota
	whileUnequal
	whileEqual // REP too, where nothing is compared
)

// strings prepares MOVS, CMPS, STOS, LODS and SCAS: A4-A7, AA-AF. One run is one iteration.
func strings(o *Op, in *insn.Inst) handler {
	if in.Opcode&1 == 0 {
		o.setSize(1)
	}
	switch {
	case in.Rep:
		o.code = whileEqual
	case in.Repne:
		o.code = whileUnequal
	}
	o.reg = accumulator(o.size)
	switch in.Opcode &^ 1 {
	case 0xa4:
		return movs
	case 0xa6:
		return cmps
	case 0xaa:
		return stos
	case 0xac:
		return lods
	}
	return scas
}

// ended reports whether a repeated instruction's count is used up before it.
func (o *Op) ended(c *regs.Core) bool { return o.code != once && c.GPR[x86.RCX]&o.addr == 0 }

// step moves rSI and rDI, as asked for, to the next element by DF.
func (o *Op) step(c *regs.Core, source, destination bool) {
	by := uint64(o.size)
	if c.RFLAGS&x86.DF != 0 {
		by = -by
	}
	if source {
		c.GPR[x86.RSI] = counter(c.GPR[x86.RSI], c.GPR[x86.RSI]+by, o.addr)
	}
	if destination {
		c.GPR[x86.RDI] = counter(c.GPR[x86.RDI], c.GPR[x86.RDI]+by, o.addr)
	}
}

// again counts an iteration: RIP stays until the last.
func (o *Op) again(c *regs.Core, compares bool) Outcome {
	if o.code == once {
		return o.done(c)
	}
	n := (c.GPR[x86.RCX] - 1) & o.addr
	c.GPR[x86.RCX] = counter(c.GPR[x86.RCX], n, o.addr)
	if n == 0 || compares && (c.RFLAGS&x86.ZF != 0) != (o.code == whileEqual) {
		return o.done(c)
	}
	return Done
}

func (o *Op) source(c *regs.Core) uint64      { return c.GPR[x86.RSI] & o.addr }
func (o *Op) destination(c *regs.Core) uint64 { return c.GPR[x86.RDI] & o.addr }

func movs(c *regs.Core, m Memory, o *Op) Outcome {
	if o.ended(c) {
		return o.done(c)
	}
	v, ok := m.Load(o.seg, o.source(c), o.size)
	if !ok || !m.Store(x86.ES, o.destination(c), o.size, v) {
		return Refused
	}
	o.step(c, true, true)
	return o.again(c, false)
}

func cmps(c *regs.Core, m Memory, o *Op) Outcome {
	if o.ended(c) {
		return o.done(c)
	}
	b, ok := m.Load(x86.ES, o.destination(c), o.size)
	if !ok {
		return Refused
	}
	a, ok := m.Load(o.seg, o.source(c), o.size)
	if !ok {
		return Refused
	}
	setStatus(c, subFlags(a, b, (a-b)&o.mask, o.bits))
	o.step(c, true, true)
	return o.again(c, true)
}

func stos(c *regs.Core, m Memory, o *Op) Outcome {
	if o.ended(c) {
		return o.done(c)
	}
	if !m.Store(x86.ES, o.destination(c), o.size, c.GPR[x86.RAX]&o.mask) {
		return Refused
	}
	o.step(c, false, true)
	return o.again(c, false)
}

func lods(c *regs.Core, m Memory, o *Op) Outcome {
	if o.ended(c) {
		return o.done(c)
	}
	v, ok := m.Load(o.seg, o.source(c), o.size)
	if !ok {
		return Refused
	}
	o.reg.write(c, v)
	o.step(c, true, false)
	return o.again(c, false)
}

func scas(c *regs.Core, m Memory, o *Op) Outcome {
	if o.ended(c) {
		return o.done(c)
	}
	b, ok := m.Load(x86.ES, o.destination(c), o.size)
	if !ok {
		return Refused
	}
	a := c.GPR[x86.RAX] & o.mask
	setStatus(c, subFlags(a, b, (a-b)&o.mask, o.bits))
	o.step(c, false, true)
	return o.again(c, true)
}
