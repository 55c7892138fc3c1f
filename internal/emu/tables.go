package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// umip reports whether the instructions that store system registers are
// refused (SDM vol. 3, 2.5).
func (c *CPU) umip() bool { return c.CPL > 0 && c.Sys.CR4&CR4UMIP != 0 }

// tableInsn runs the descriptor-table instructions of 0F 00, 0F 01, and LAR, LSL.
func (m *Machine) tableInsn(c *CPU, in *insn.Inst, next uint64) *Trap {
	var t *Trap
	switch {
	case in.Opcode <= 0x01 && in.Digit() < 2 && c.umip(): // SLDT, STR, SGDT, SIDT
		t = FaultErr(x86.VecGP, 0)
	case in.Opcode == 0x00:
		t = m.table00(c, in)
	case in.Opcode == 0x01:
		t = m.table01(c, in)
	default:
		t = m.larLsl(c, in)
	}
	if t == nil {
		c.RIP = next
	}
	return t
}

func (m *Machine) table00(c *CPU, in *insn.Inst) *Trap {
	switch in.Digit() {
	case 0:
		return m.storeRM(c, in, uint64(c.Sys.LDTR.Sel))
	case 1:
		return m.storeRM(c, in, uint64(c.Sys.TR.Sel))
	}
	v, t := m.loadRM16(c, in)
	if t != nil {
		return t
	}
	switch in.Digit() {
	case 2:
		return m.loadSystemSeg(c, uint16(v), &c.Sys.LDTR, x86.SystemLDT)
	case 3:
		return m.loadSystemSeg(c, uint16(v), &c.Sys.TR, x86.SystemTSS)
	case 4, 5: // VERR, VERW
		d, t := m.readDescriptor(c, uint16(v), x86.VecGP)
		ok := t == nil && v&^3 != 0 && !d.System() && (d.Conforming() || uint32(d.DPL()) >= max(c.CPL, uint32(v&3)))
		if in.Digit() == 4 {
			ok = ok && d.Readable()
		} else {
			ok = ok && d.Writable()
		}
		c.setZF(ok)
		return nil
	}
	return Fault(x86.VecUD)
}

// loadSystemSeg runs LLDT and LTR. LTR marks the TSS busy in guest memory.
func (m *Machine) loadSystemSeg(c *CPU, sel uint16, s *SystemSeg, typ uint8) *Trap {
	if sel&^3 == 0 && typ == x86.SystemLDT {
		*s = SystemSeg{Sel: sel}
		return nil
	}
	if sel&^3 == 0 || sel&4 != 0 {
		return FaultErr(x86.VecGP, uint32(sel&^3))
	}
	d, t := m.readDescriptor(c, sel, x86.VecGP)
	if t != nil {
		return t
	}
	if !d.System() || d.Type() != typ {
		return FaultErr(x86.VecGP, uint32(sel&^3))
	}
	if !d.Present() {
		return FaultErr(x86.VecNP, uint32(sel&^3))
	}
	base := uint64(d.Base)
	at := c.Sys.GDTR.Base + uint64(sel&^7)
	if c.Space.arch == x86.AMD64 {
		if uint32(sel&^7)+15 > uint32(c.Sys.GDTR.Limit) {
			return FaultErr(x86.VecGP, uint32(sel&^3))
		}
		hi, t := m.Load(c, at+8, 8, false)
		if t != nil {
			return t
		}
		base |= hi << 32
		if hi>>40&0x1f != 0 || !c.Canonical(base) { // SDM vol. 3, 7.2.3, figure 3-27
			return FaultErr(x86.VecGP, uint32(sel&^3))
		}
	}
	if typ == x86.SystemTSS {
		if t := m.Store(c, at+5, 1, uint64(d.Access|x86.AccessBusy), false, ByInstruction); t != nil {
			return t
		}
		typ = x86.SystemBusyTSS
	}
	*s = SystemSeg{Sel: sel, Base: base, Limit: d.LastByte(), Type: typ}
	return nil
}

// table01 runs SGDT, SIDT, LGDT and LIDT: a limit of 16 bits, then a base of the code's width.
func (m *Machine) table01(c *CPU, in *insn.Inst) *Trap {
	if in.Digit() > 3 {
		return Fault(x86.VecUD)
	}
	size := 4
	if c.Code64 != 0 {
		size = 8
	}
	r := &c.Sys.GDTR
	if in.Digit()&1 == 1 {
		r = &c.Sys.IDTR
	}
	if in.Digit() < 2 {
		if t := m.storeOperand(c, in, 0, 2, uint64(r.Limit)); t != nil {
			return t
		}
		return m.storeOperand(c, in, 2, size, r.Base)
	}
	limit, t := m.loadOperand(c, in, 0, 2)
	if t != nil {
		return t
	}
	base, t := m.loadOperand(c, in, 2, size)
	if t != nil {
		return t
	}
	if c.Code64 == 0 && in.OpSize != (in.Mode == insn.Mode16) {
		base &= 0xffffff // SDM vol. 2, LGDT
	}
	if !c.Canonical(base) {
		return FaultErr(x86.VecGP, 0)
	}
	*r = TableReg{base, uint16(limit)}
	return nil
}

func (m *Machine) larLsl(c *CPU, in *insn.Inst) *Trap {
	v, t := m.loadRM16(c, in)
	if t != nil {
		return t
	}
	sel := uint16(v)
	d, t := m.readDescriptor(c, sel, x86.VecGP)
	ok := t == nil && sel&^3 != 0 && (d.Conforming() || uint32(d.DPL()) >= max(c.CPL, uint32(sel&3)))
	c.setZF(ok)
	if !ok {
		return nil
	}
	if in.Opcode == 0x02 {
		c.setGPR(regReg(in), in.OperandBits, d.Encode()>>32&0x00ffff00)
	} else {
		c.setGPR(regReg(in), in.OperandBits, uint64(d.LastByte()))
	}
	return nil
}
