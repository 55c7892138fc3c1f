package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// portIO runs IN, OUT, INS and OUTS: allowed by IOPL only (no I/O bitmap); there
// are no devices, so reads give ones and writes vanish.
func (m *Machine) portIO(c *CPU, in *insn.Inst, next uint64) *Trap {
	if c.CPL > uint32(c.RFLAGS&x86.IOPL>>12) {
		return FaultErr(x86.VecGP, 0) // P11
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
			c.GPR[x86.RAX] |= ones
		} else {
			c.setGPR(x86.RAX, bits, ones)
		}
	}
	c.RIP = next
	return nil
}

// stringIO runs one iteration of INS or OUTS (P8; SDM vol. 2, INS, OUTS, REP).
func (m *Machine) stringIO(c *CPU, in *insn.Inst, size int, next uint64) *Trap {
	repeated := in.Rep || in.Repne
	width := in.AddressBits
	part := func(r x86.Reg) uint64 { return cutOffset(in, c.GPR[r]) }
	if repeated && part(x86.RCX) == 0 {
		c.RIP = next
		return nil
	}
	r := x86.RDI
	if in.Opcode&2 == 0 {
		ones := ^uint64(0) >> (64 - 8*size)
		if t := m.storeAt(c, x86.ES, part(x86.RDI), size, ones, ByInstruction); t != nil {
			return t
		}
	} else {
		r = x86.RSI
		if _, t := m.loadAt(c, c.segmentOf(in), part(x86.RSI), size); t != nil {
			return t
		}
	}
	by := uint64(size)
	if c.RFLAGS&x86.DF != 0 {
		by = -by
	}
	c.setGPR(r, width, part(r)+by)
	if repeated {
		c.setGPR(x86.RCX, width, part(x86.RCX)-1)
	}
	if !repeated || part(x86.RCX) == 0 {
		c.RIP = next
	}
	return nil
}
