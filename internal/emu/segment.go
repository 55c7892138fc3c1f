package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// readDescriptor reads sel's descriptor from the GDT or LDT in guest memory;
// a selector beyond the table is #vec(sel).
func (m *Machine) readDescriptor(c *CPU, sel uint16, vec x86.Vector) (x86.Descriptor, *Trap) {
	base, limit := c.Sys.GDTR.Base, uint32(c.Sys.GDTR.Limit)
	if sel&4 != 0 {
		base, limit = c.Sys.LDTR.Base, c.Sys.LDTR.Limit
		if c.Sys.LDTR.Sel&^3 == 0 {
			return x86.Descriptor{}, FaultErr(vec, uint32(sel&^3))
		}
	}
	off := uint32(sel &^ 7)
	if off+7 > limit {
		return x86.Descriptor{}, FaultErr(vec, uint32(sel&^3))
	}
	v, t := m.Load(c, base+uint64(off), 8, false)
	return x86.DecodeDescriptor(v), t
}

// setSeg loads segment register i with selector sel and the descriptor's
// cached fields, unchecked: for CS, CPL and the code width follow.
func (c *CPU) setSeg(i int, sel uint16, d x86.Descriptor) {
	s := &c.Seg[i]
	s.Sel, s.Base, s.Limit, s.Flags = uint32(sel), uint64(d.Base), d.LastByte(), d.Attributes()|1<<8
	if i == x86.CS {
		c.CPL = uint32(sel & 3)
		c.Code64 = 0
		if c.Space.arch == x86.AMD64 && d.Long() {
			c.Code64 = 1
		}
	}
}

// LoadCode loads CS for a transfer to privilege cpl through a gate or return:
// the descriptor must be present code that fits cpl, else #GP/#NP(sel).
func (m *Machine) LoadCode(c *CPU, sel uint16, cpl uint32) *Trap {
	code := uint32(sel &^ 3)
	if code == 0 {
		return FaultErr(x86.VecGP, 0)
	}
	d, t := m.readDescriptor(c, sel, x86.VecGP)
	if t != nil {
		return t
	}
	if !d.Code() || d.Conforming() && uint32(d.DPL()) > cpl || !d.Conforming() && uint32(d.DPL()) != cpl {
		return FaultErr(x86.VecGP, code)
	}
	if c.Space.arch == x86.AMD64 && d.Long() && d.Big() { // SDM vol. 3, 3.4.5
		return FaultErr(x86.VecGP, code)
	}
	if !d.Present() {
		return FaultErr(x86.VecNP, code)
	}
	c.setSeg(x86.CS, sel&^3|uint16(cpl), d)
	return nil
}

// jumpTo sets the instruction pointer to an offset of the CS just loaded: #GP(0)
// if it is not canonical, or beyond the limit. Leaving 64-bit mode cuts the
// stack pointer (docs/silicon.md).
func (c *CPU) jumpTo(off uint64) *Trap {
	if !c.InCode(off) {
		return FaultErr(x86.VecGP, 0)
	}
	c.RIP = off
	c.setSP(c.GPR[x86.RSP])
	return nil
}

// InCode reports whether code may be at an offset: it is canonical, or within
// CS's limit.
func (c *CPU) InCode(off uint64) bool {
	if c.Code64 != 0 {
		return c.Space.canonical(off)
	}
	return off <= uint64(c.Seg[x86.CS].Limit)
}

// code reads the descriptor of a code selector, for transfers that decide the
// new privilege by it. Errors are as LoadCode's.
func (m *Machine) code(c *CPU, sel uint16) (x86.Descriptor, *Trap) {
	if sel&^3 == 0 {
		return x86.Descriptor{}, FaultErr(x86.VecGP, 0)
	}
	d, t := m.readDescriptor(c, sel, x86.VecGP)
	if t == nil && !d.Code() {
		t = FaultErr(x86.VecGP, uint32(sel&^3))
	}
	return d, t
}

// Handler reads the DPL of a gate's code selector: code, in long mode of 64
// bits (SDM vol. 3, 6.14.1), else #GP(sel).
func (m *Machine) Handler(c *CPU, sel uint16) (dpl uint32, conforming bool, t *Trap) {
	d, t := m.code(c, sel)
	if t == nil && c.Space.arch == x86.AMD64 && (!d.Long() || d.Big()) {
		t = FaultErr(x86.VecGP, uint32(sel&^3))
	}
	return uint32(d.DPL()), d.Conforming(), t
}

// LoadStack loads SS for privilege cpl; vec is the exception for a bad
// selector: #GP from an instruction, #TS for one taken from a TSS.
func (m *Machine) LoadStack(c *CPU, sel uint16, cpl uint32, vec x86.Vector) *Trap {
	if sel&^3 == 0 {
		if c.Code64 != 0 && cpl != 3 && uint32(sel&3) == cpl && vec == x86.VecGP {
			c.setSeg(x86.SS, sel, x86.Descriptor{})
			return nil
		}
		return FaultErr(vec, uint32(sel&^3))
	}
	d, t := m.readDescriptor(c, sel, vec)
	if t != nil {
		return t
	}
	if uint32(sel&3) != cpl || !d.Writable() || uint32(d.DPL()) != cpl {
		return FaultErr(vec, uint32(sel&^3))
	}
	if !d.Present() {
		return FaultErr(x86.VecSS, uint32(sel&^3))
	}
	c.setSeg(x86.SS, sel, d)
	return nil
}

// LoadData loads DS, ES, FS or GS (SDM vol. 2, MOV: protected mode).
func (m *Machine) LoadData(c *CPU, i int, sel uint16) *Trap {
	if sel&^3 == 0 {
		c.setSeg(i, sel, x86.Descriptor{}) // also the base of FS and GS: as Intel and, from Zen 2, AMD have it
		c.Seg[i].Flags = 0
		return nil
	}
	d, t := m.readDescriptor(c, sel, x86.VecGP)
	if t != nil {
		return t
	}
	if d.System() || !d.Readable() ||
		!d.Conforming() && (uint32(sel&3) > uint32(d.DPL()) || c.CPL > uint32(d.DPL())) {
		return FaultErr(x86.VecGP, uint32(sel&^3))
	}
	if !d.Present() {
		return FaultErr(x86.VecNP, uint32(sel&^3))
	}
	c.setSeg(i, sel, d)
	return nil
}

func (m *Machine) loadSeg(c *CPU, i int, sel uint16) *Trap {
	switch {
	case c.vm86():
		c.setSegVM86(i, sel)
		return nil
	case i == x86.SS:
		return m.LoadStack(c, sel, c.CPL, x86.VecGP)
	}
	return m.LoadData(c, i, sel)
}

// segLoadInsn runs MOV Sreg, POP Sreg and LDS/LES/LSS/LFS/LGS.
func (m *Machine) segLoadInsn(c *CPU, in *insn.Inst, next uint64) *Trap {
	saved := c.Core
	t := m.segLoad(c, in)
	if t != nil {
		c.Core = saved
		return t
	}
	c.RIP = next
	return nil
}

func (m *Machine) segLoad(c *CPU, in *insn.Inst) *Trap {
	if in.Map == insn.OneByte && in.Opcode == 0x8e {
		sel, t := m.loadRM16(c, in)
		if t != nil {
			return t
		}
		return m.loadSeg(c, in.Digit(), uint16(sel))
	}
	if i, ok := popSegment(in); ok {
		size := in.OperandBits / 8
		v, t := m.pop(c, 0, size)
		if t != nil {
			return t
		}
		sp := c.stackAt(size)
		if t := m.loadSeg(c, i, uint16(v)); t != nil {
			return t
		}
		c.setSP(sp)
		return nil
	}
	return m.loadFarPointer(c, in)
}

// popSegment tells which segment register a POP Sreg loads.
func popSegment(in *insn.Inst) (int, bool) {
	switch {
	case in.Map == insn.OneByte && in.Opcode == 0x07:
		return x86.ES, true
	case in.Map == insn.OneByte && in.Opcode == 0x17:
		return x86.SS, true
	case in.Map == insn.OneByte && in.Opcode == 0x1f:
		return x86.DS, true
	case in.Map == insn.Map0F && in.Opcode == 0xa1:
		return x86.FS, true
	case in.Map == insn.Map0F && in.Opcode == 0xa9:
		return x86.GS, true
	}
	return 0, false
}

func (m *Machine) loadFarPointer(c *CPU, in *insn.Inst) *Trap {
	i := map[byte]int{0xc4: x86.ES, 0xc5: x86.DS, 0xb2: x86.SS, 0xb4: x86.FS, 0xb5: x86.GS}[in.Opcode]
	off, sel, t := m.farPointer(c, in)
	if t != nil {
		return t
	}
	if t := m.loadSeg(c, i, sel); t != nil {
		return t
	}
	c.setGPR(regReg(in), in.OperandBits, off)
	return nil
}

// farPointer reads a far pointer from memory: an offset of the operand size,
// then a selector.
func (m *Machine) farPointer(c *CPU, in *insn.Inst) (off uint64, sel uint16, t *Trap) {
	size := in.OperandBits / 8
	off, t = m.loadOperand(c, in, 0, size)
	if t != nil {
		return 0, 0, t
	}
	v, t := m.loadOperand(c, in, uint64(size), 2)
	return off, uint16(v), t
}
