package emu

import "trapline/internal/emu/insn"

// portIO runs IN, OUT, INS and OUTS: allowed by IOPL only (no I/O bitmap); there
// are no devices, so reads give ones and writes vanish.
func (m *Machine) portIO(c *CPU, in *insn.Inst, next uint64) *Trap {
	if c.CPL > uint32(c.RFLAGS&IOPL>>12) {
		return FaultErr(VecGP, 0) // P11
	}
	bits := min(in.OperandBits, 32)
	if in.Opcode&1 == 0 {
		bits = 8
	}
	if in.Attr().Has(insn.String) {
		return m.stringIO(c, in, bits/8, next)
	}
	if in.Opcode&2 == 0 {
		ones := ^uint64(0) >> (64 - bits)
		if bits == 8 {
			c.GPR[RAX] |= ones
		} else {
			c.setGPR(RAX, bits, ones)
		}
	}
	c.RIP = next
	return nil
}

// stringIO runs one iteration of INS or OUTS (P8; SDM vol. 2, INS, OUTS, REP).
func (m *Machine) stringIO(c *CPU, in *insn.Inst, size int, next uint64) *Trap {
	repeated := in.Rep || in.Repne
	width := in.AddressBits
	part := func(r Reg) uint64 { return cutOffset(in, c.GPR[r]) }
	if repeated && part(RCX) == 0 {
		c.RIP = next
		return nil
	}
	r := RDI
	if in.Opcode&2 == 0 {
		ones := ^uint64(0) >> (64 - 8*size)
		if t := m.storeAt(c, ES, part(RDI), size, ones, ByInstruction); t != nil {
			return t
		}
	} else {
		r = RSI
		if _, t := m.loadAt(c, c.segmentOf(in), part(RSI), size); t != nil {
			return t
		}
	}
	by := uint64(size)
	if c.RFLAGS&DF != 0 {
		by = -by
	}
	c.setGPR(r, width, part(r)+by)
	if repeated {
		c.setGPR(RCX, width, part(RCX)-1)
	}
	if !repeated || part(RCX) == 0 {
		c.RIP = next
	}
	return nil
}
