package emu

import "trapline/internal/emu/insn"

// descriptor is the raw 8 bytes of a segment descriptor (SDM vol. 3, 3.4.5).
type descriptor uint64

func (d descriptor) base() uint64 {
	return uint64(d)>>16&0xffffff | uint64(d)>>56<<24
}

// limit is in bytes, granularity applied.
func (d descriptor) limit() uint32 {
	l := uint32(d)&0xffff | uint32(d>>48&0xf)<<16
	if d>>55&1 != 0 {
		l = l<<12 | 0xfff
	}
	return l
}

func (d descriptor) typ() uint8     { return uint8(d>>40) & 15 }
func (d descriptor) system() bool   { return d>>44&1 == 0 }
func (d descriptor) dpl() uint32    { return uint32(d>>45) & 3 }
func (d descriptor) present() bool  { return d>>47&1 != 0 }
func (d descriptor) code() bool     { return !d.system() && d.typ()&8 != 0 }
func (d descriptor) conform() bool  { return d.code() && d.typ()&4 != 0 }
func (d descriptor) readable() bool { return !d.code() || d.typ()&2 != 0 }
func (d descriptor) writable() bool { return !d.system() && !d.code() && d.typ()&2 != 0 }
func (d descriptor) long() bool     { return d>>53&1 != 0 }
func (d descriptor) big() bool      { return d>>54&1 != 0 }

// attributes are the flag bits in the place the CPU library caches them.
func (d descriptor) attributes() uint32 { return uint32(d>>32) & 0x00f0ff00 }

// readDescriptor reads sel's descriptor from the GDT or LDT in guest memory;
// a selector beyond the table is #vec(sel).
func (m *Machine) readDescriptor(c *CPU, sel uint16, vec uint8) (descriptor, *Trap) {
	base, limit := c.Sys.GDTR.Base, uint32(c.Sys.GDTR.Limit)
	if sel&4 != 0 {
		base, limit = c.Sys.LDTR.Base, c.Sys.LDTR.Limit
		if c.Sys.LDTR.Sel&^3 == 0 {
			return 0, FaultErr(vec, uint32(sel&^3))
		}
	}
	off := uint32(sel &^ 7)
	if off+7 > limit {
		return 0, FaultErr(vec, uint32(sel&^3))
	}
	v, t := m.Load(c, base+uint64(off), 8, false)
	return descriptor(v), t
}

// setSeg loads segment register i with selector sel and the descriptor's
// cached fields, unchecked: for CS, CPL and the code width follow.
func (c *CPU) setSeg(i int, sel uint16, d descriptor) {
	s := &c.Seg[i]
	s.Sel, s.Base, s.Limit, s.Flags = uint32(sel), d.base(), d.limit(), d.attributes()|1<<8
	if i == CS {
		c.CPL = uint32(sel & 3)
		c.Code64 = 0
		if c.Space.arch == AMD64 && d.long() {
			c.Code64 = 1
		}
	}
}

// LoadCode loads CS for a transfer to privilege cpl through a gate or return:
// the descriptor must be present code that fits cpl, else #GP/#NP(sel).
func (m *Machine) LoadCode(c *CPU, sel uint16, cpl uint32) *Trap {
	code := uint32(sel &^ 3)
	if code == 0 {
		return FaultErr(VecGP, 0)
	}
	d, t := m.readDescriptor(c, sel, VecGP)
	if t != nil {
		return t
	}
	if !d.code() || d.conform() && d.dpl() > cpl || !d.conform() && d.dpl() != cpl {
		return FaultErr(VecGP, code)
	}
	if c.Space.arch == AMD64 && d.long() && d.big() { // SDM vol. 3, 3.4.5
		return FaultErr(VecGP, code)
	}
	if !d.present() {
		return FaultErr(VecNP, code)
	}
	c.setSeg(CS, sel&^3|uint16(cpl), d)
	return nil
}

// jumpTo sets the instruction pointer to an offset of the CS just loaded: #GP(0)
// if it is not canonical, or beyond the limit. Leaving 64-bit mode cuts the
// stack pointer (docs/silicon.md).
func (c *CPU) jumpTo(off uint64) *Trap {
	if !c.InCode(off) {
		return FaultErr(VecGP, 0)
	}
	c.RIP = off
	c.setSP(c.GPR[RSP])
	return nil
}

// InCode reports whether code may be at an offset: it is canonical, or within
// CS's limit.
func (c *CPU) InCode(off uint64) bool {
	if c.Code64 != 0 {
		return c.Space.canonical(off)
	}
	return off <= uint64(c.Seg[CS].Limit)
}

// code reads the descriptor of a code selector, for transfers that decide the
// new privilege by it. Errors are as LoadCode's.
func (m *Machine) code(c *CPU, sel uint16) (descriptor, *Trap) {
	if sel&^3 == 0 {
		return 0, FaultErr(VecGP, 0)
	}
	d, t := m.readDescriptor(c, sel, VecGP)
	if t == nil && !d.code() {
		t = FaultErr(VecGP, uint32(sel&^3))
	}
	return d, t
}

// Handler reads the DPL of a gate's code selector: code, in long mode of 64
// bits (SDM vol. 3, 6.14.1), else #GP(sel).
func (m *Machine) Handler(c *CPU, sel uint16) (dpl uint32, conforming bool, t *Trap) {
	d, t := m.code(c, sel)
	if t == nil && c.Space.arch == AMD64 && (!d.long() || d.big()) {
		t = FaultErr(VecGP, uint32(sel&^3))
	}
	return d.dpl(), d.conform(), t
}

// LoadStack loads SS for privilege cpl; vec is the exception for a bad
// selector: #GP from an instruction, #TS for one taken from a TSS.
func (m *Machine) LoadStack(c *CPU, sel uint16, cpl uint32, vec uint8) *Trap {
	if sel&^3 == 0 {
		if c.Code64 != 0 && cpl != 3 && uint32(sel&3) == cpl && vec == VecGP {
			c.setSeg(SS, sel, 0)
			return nil
		}
		return FaultErr(vec, uint32(sel&^3))
	}
	d, t := m.readDescriptor(c, sel, vec)
	if t != nil {
		return t
	}
	if uint32(sel&3) != cpl || !d.writable() || d.dpl() != cpl {
		return FaultErr(vec, uint32(sel&^3))
	}
	if !d.present() {
		return FaultErr(VecSS, uint32(sel&^3))
	}
	c.setSeg(SS, sel, d)
	return nil
}

// LoadData loads DS, ES, FS or GS (SDM vol. 2, MOV: protected mode).
func (m *Machine) LoadData(c *CPU, i int, sel uint16) *Trap {
	if sel&^3 == 0 {
		c.setSeg(i, sel, 0) // also the base of FS and GS: as Intel and, from Zen 2, AMD have it
		c.Seg[i].Flags = 0
		return nil
	}
	d, t := m.readDescriptor(c, sel, VecGP)
	if t != nil {
		return t
	}
	if d.system() || !d.readable() ||
		!d.conform() && (uint32(sel&3) > d.dpl() || c.CPL > d.dpl()) {
		return FaultErr(VecGP, uint32(sel&^3))
	}
	if !d.present() {
		return FaultErr(VecNP, uint32(sel&^3))
	}
	c.setSeg(i, sel, d)
	return nil
}

func (m *Machine) loadSeg(c *CPU, i int, sel uint16) *Trap {
	switch {
	case c.vm86():
		c.setSegVM86(i, sel)
		return nil
	case i == SS:
		return m.LoadStack(c, sel, c.CPL, VecGP)
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
		return ES, true
	case in.Map == insn.OneByte && in.Opcode == 0x17:
		return SS, true
	case in.Map == insn.OneByte && in.Opcode == 0x1f:
		return DS, true
	case in.Map == insn.Map0F && in.Opcode == 0xa1:
		return FS, true
	case in.Map == insn.Map0F && in.Opcode == 0xa9:
		return GS, true
	}
	return 0, false
}

func (m *Machine) loadFarPointer(c *CPU, in *insn.Inst) *Trap {
	i := map[byte]int{0xc4: ES, 0xc5: DS, 0xb2: SS, 0xb4: FS, 0xb5: GS}[in.Opcode]
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
