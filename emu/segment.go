package emu

import "trapline/emu/insn"

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
	if c.Space.arch == AMD64 && c.Code64 != 0 && i != FS && i != GS {
		s.Base = 0
	}
	if i == CS {
		c.CPL = uint32(sel & 3)
		c.Code64 = 0
		if c.Space.arch == AMD64 && d.long() {
			c.Code64 = 1
			s.Base = 0
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
	if !d.present() {
		return FaultErr(VecNP, code)
	}
	if c.Space.arch == AMD64 && (!d.long() || d.big()) {
		return FaultErr(VecGP, code) // compatibility mode is not modelled: see docs/architecture.md
	}
	c.setSeg(CS, sel&^3|uint16(cpl), d)
	return nil
}

// DescriptorDPL reads the DPL of a code selector, for transfers that decide
// the new privilege by it. Errors are as LoadCode's.
func (m *Machine) DescriptorDPL(c *CPU, sel uint16) (dpl uint32, conforming bool, t *Trap) {
	if sel&^3 == 0 {
		return 0, false, FaultErr(VecGP, 0)
	}
	d, t := m.readDescriptor(c, sel, VecGP)
	if t != nil {
		return 0, false, t
	}
	if !d.code() {
		return 0, false, FaultErr(VecGP, uint32(sel&^3))
	}
	return d.dpl(), d.conform(), nil
}

// LoadStack loads SS for privilege cpl; vec is the exception for a bad
// selector: #GP from an instruction, #TS for one taken from a TSS.
func (m *Machine) LoadStack(c *CPU, sel uint16, cpl uint32, vec uint8) *Trap {
	if sel&^3 == 0 {
		if c.Space.arch == AMD64 && cpl != 3 && uint32(sel&3) == cpl && vec == VecGP {
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
	if i == SS {
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
	user := c.User()
	if in.Map == insn.OneByte && in.Opcode == 0x8e {
		sel := c.GPR[rmReg(in)]
		if in.Mod() != 3 {
			v, t := m.Load(c, c.EffectiveAddress(in), 2, user)
			if t != nil {
				return t
			}
			sel = v
		}
		return m.loadSeg(c, in.Digit(), uint16(sel))
	}
	if i, ok := popSegment(in); ok {
		size := in.OperandBits / 8
		v, t := m.pop(c, c.LinearSP(), size, user)
		if t != nil {
			return t
		}
		sp := c.stackMask(c.GPR[RSP] + uint64(size))
		if t := m.loadSeg(c, i, uint16(v)); t != nil {
			return t
		}
		c.GPR[RSP] = sp
		return nil
	}
	return m.loadFarPointer(c, in, user)
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

func (m *Machine) loadFarPointer(c *CPU, in *insn.Inst, user bool) *Trap {
	i := map[byte]int{0xc4: ES, 0xc5: DS, 0xb2: SS, 0xb4: FS, 0xb5: GS}[in.Opcode]
	size := in.OperandBits / 8
	ea := c.EffectiveAddress(in)
	off, t := m.Load(c, ea, size, user)
	if t != nil {
		return t
	}
	sel, t := m.Load(c, ea+uint64(size), 2, user)
	if t != nil {
		return t
	}
	if t := m.loadSeg(c, i, uint16(sel)); t != nil {
		return t
	}
	c.setGPR(regReg(in), in.OperandBits, off)
	return nil
}

// stackMask cuts a stack pointer to the stack segment's width.
func (c *CPU) stackMask(sp uint64) uint64 { return c.Space.mask(sp) }
