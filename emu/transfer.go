package emu

import "trapline/emu/insn"

// iret runs IRET/IRETD/IRETQ (SDM vol. 2): pops RIP, CS, RFLAGS and, to an
// outer ring or in 64-bit mode, RSP and SS.
func (m *Machine) iret(c *CPU, in *insn.Inst) *Trap {
	c.inNMI = false // even if it faults (SDM vol. 3, 6.7.1)
	if c.RFLAGS&NT != 0 {
		if c.Code64 != 0 {
			return FaultErr(VecGP, 0)
		}
		return FaultErr(VecTS, uint32(c.Sys.TR.Sel&^3)) // task return: no hardware tasks here
	}
	saved := c.Core
	t := m.iretPop(c, in.OperandBits/8)
	if t != nil {
		c.Core = saved
	}
	return t
}

func (m *Machine) iretPop(c *CPU, size int) *Trap {
	user := c.User()
	var w [5]uint64
	n := 3
	sp := c.GPR[RSP]
	for i := 0; i < n; i++ {
		v, t := m.pop(c, c.Space.mask(c.Seg[SS].Base+c.stackMask(sp)), size, user)
		if t != nil {
			return t
		}
		w[i] = v
		sp += uint64(size)
		if i == 1 && (uint32(v&3) > c.CPL || c.Code64 != 0) {
			n = 5
		}
	}
	rip, cs, flags := w[0], uint16(w[1]), w[2]
	old := c.CPL
	if uint32(cs&3) < old {
		return FaultErr(VecGP, uint32(cs&^3))
	}
	if c.Space.arch == I386 && flags&VM != 0 && old == 0 && size == 4 {
		return FaultErr(VecGP, 0) // virtual-8086 mode is not modelled
	}
	if t := m.LoadCode(c, cs, uint32(cs&3)); t != nil {
		return t
	}
	if n == 5 {
		c.GPR[RSP] = c.Space.mask(w[3])
		if t := m.LoadStack(c, uint16(w[4]), c.CPL, VecGP); t != nil {
			return t
		}
	} else {
		c.GPR[RSP] = c.stackMask(sp)
	}
	c.RIP = rip
	if !c.Canonical(rip) {
		return FaultErr(VecGP, 0)
	}
	c.RFLAGS = popFlags(c.RFLAGS, flags, size, old)
	if c.CPL > old {
		c.dropInnerSegments()
	}
	return nil
}

// popFlags merges a popped image: IF only if CPL <= IOPL, IOPL, VIF and VIP
// only in ring 0 (SDM vol. 2, IRET and POPF).
func popFlags(old, image uint64, size int, cpl uint32) uint64 {
	may := FlagsStatus | TF | DF | NT
	if size > 2 {
		may |= RF | AC | ID
	}
	if cpl == 0 {
		may |= IOPL
		if size > 2 {
			may |= VIF | VIP
		}
	}
	if cpl <= uint32(old&IOPL>>12) {
		may |= IF
	}
	return old&^may | image&may | FlagsFixed
}

// dropInnerSegments nulls data segments that the new, outer ring may not use.
func (c *CPU) dropInnerSegments() {
	for _, i := range [...]int{ES, DS, FS, GS} {
		s := &c.Seg[i]
		if dpl := s.Flags >> 13 & 3; dpl < c.CPL && s.Sel&^3 != 0 {
			s.Sel, s.Flags = 0, 0
			if c.Code64 == 0 {
				s.Base = 0
			}
		}
	}
}

// farTransfer runs far JMP, CALL and RET to code of the same or, for RET, an
// outer privilege. Call gates and task gates are not modelled: #GP(sel).
func (m *Machine) farTransfer(c *CPU, in *insn.Inst, next uint64) *Trap {
	saved := c.Core
	var t *Trap
	if in.Attr().Has(insn.RetFar) {
		t = m.farRet(c, in)
	} else {
		t = m.farJump(c, in, next)
	}
	if t != nil {
		c.Core = saved
		m.undoWrites(c)
	}
	return t
}

func (m *Machine) farJump(c *CPU, in *insn.Inst, next uint64) *Trap {
	user := c.User()
	size := in.OperandBits / 8
	off, sel := uint64(in.Imm), in.Imm2
	if in.HasModRM {
		ea := c.EffectiveAddress(in)
		v, t := m.Load(c, ea, size, user)
		if t != nil {
			return t
		}
		s, t := m.Load(c, ea+uint64(size), 2, user)
		if t != nil {
			return t
		}
		off, sel = v, uint16(s)
	}
	dpl, conforming, t := m.DescriptorDPL(c, sel)
	if t != nil {
		return t
	}
	if !conforming && (dpl != c.CPL || uint32(sel&3) > c.CPL) {
		return FaultErr(VecGP, uint32(sel&^3))
	}
	oldCS := uint64(c.Seg[CS].Sel)
	if t := m.LoadCode(c, sel&^3|uint16(c.CPL), c.CPL); t != nil {
		return t
	}
	if in.Attr().Has(insn.CallFar) {
		if t := m.push2(c, size, oldCS, next, user); t != nil {
			return t
		}
	}
	if size == 2 {
		off &= 0xffff
	}
	if !c.Canonical(off) {
		return FaultErr(VecGP, 0)
	}
	c.RIP = off
	return nil
}

// push2 pushes a then b.
func (m *Machine) push2(c *CPU, size int, a, b uint64, user bool) *Trap {
	for i, v := range [...]uint64{a, b} {
		sp := c.stackMask(c.GPR[RSP] - uint64((i+1)*size))
		at := c.Space.mask(c.Seg[SS].Base + sp)
		if !c.Canonical(at) {
			return FaultErr(VecSS, 0)
		}
		if t := m.Store(c, at, size, v, user, ByInstruction); t != nil {
			return t
		}
	}
	c.GPR[RSP] = c.stackMask(c.GPR[RSP] - uint64(2*size))
	return nil
}

func (m *Machine) farRet(c *CPU, in *insn.Inst) *Trap {
	user := c.User()
	size := in.OperandBits / 8
	pop := func(sp uint64) (uint64, *Trap) {
		return m.pop(c, c.Space.mask(c.Seg[SS].Base+c.stackMask(sp)), size, user)
	}
	sp := c.GPR[RSP]
	rip, t := pop(sp)
	if t != nil {
		return t
	}
	cs, t := pop(sp + uint64(size))
	if t != nil {
		return t
	}
	sp += uint64(2*size) + uint64(in.Imm)
	rpl, old := uint32(cs&3), c.CPL
	if rpl < old {
		return FaultErr(VecGP, uint32(cs&^3)&0xffff)
	}
	if rpl == old {
		if t := m.LoadCode(c, uint16(cs), rpl); t != nil {
			return t
		}
		c.GPR[RSP] = c.stackMask(sp)
	} else if t := m.farRetOuter(c, sp, uint16(cs), in, pop); t != nil {
		return t
	}
	if !c.Canonical(rip) {
		return FaultErr(VecGP, 0)
	}
	c.RIP = rip
	return nil
}

func (m *Machine) farRetOuter(c *CPU, sp uint64, cs uint16, in *insn.Inst, pop func(uint64) (uint64, *Trap)) *Trap {
	newSP, t := pop(sp)
	if t != nil {
		return t
	}
	ss, t := pop(sp + uint64(in.OperandBits/8))
	if t != nil {
		return t
	}
	if t := m.LoadCode(c, cs, uint32(cs&3)); t != nil {
		return t
	}
	if t := m.LoadStack(c, uint16(ss), c.CPL, VecGP); t != nil {
		return t
	}
	c.GPR[RSP] = c.stackMask(newSP + uint64(in.Imm))
	c.dropInnerSegments()
	return nil
}

// Flat descriptors that SYSCALL, SYSENTER and their returns load without
// reading a table (SDM vol. 2).
func flatCode(dpl uint32, long bool) descriptor {
	d := descriptor(0x00cf9b000000ffff) | descriptor(dpl)<<45
	if long {
		d = d&^(1<<54) | 1<<53
	}
	return d
}

func flatData(dpl uint32) descriptor { return descriptor(0x00cf93000000ffff) | descriptor(dpl)<<45 }

// syscall runs SYSCALL: 64-bit mode only, as on Intel processors (P9).
func (m *Machine) syscall(c *CPU, next uint64) *Trap {
	if c.Code64 == 0 || c.Sys.EFER&EFERSCE == 0 {
		return Fault(VecUD)
	}
	c.GPR[RCX] = next
	c.GPR[R11] = c.RFLAGS &^ RF
	sel := uint16(c.Sys.MSR.Star >> 32)
	c.setSeg(CS, sel&^3, flatCode(0, true))
	c.setSeg(SS, sel+8, flatData(0))
	c.RFLAGS = c.RFLAGS&^c.Sys.MSR.FMask&^RF | FlagsFixed
	c.RIP = c.Sys.MSR.LStar
	return nil
}

// sysret runs SYSRETQ (the 32-bit form would enter compatibility mode: #UD here).
func (m *Machine) sysret(c *CPU, in *insn.Inst) *Trap {
	if c.Code64 == 0 || c.Sys.EFER&EFERSCE == 0 || in.REX&insn.RexW == 0 {
		return Fault(VecUD)
	}
	if !c.Canonical(c.GPR[RCX]) {
		return FaultErr(VecGP, 0)
	}
	sel := uint16(c.Sys.MSR.Star >> 48)
	c.setSeg(CS, sel+16|3, flatCode(3, true))
	c.setSeg(SS, sel+8|3, flatData(3))
	c.RFLAGS = c.GPR[R11]&0x3c7fd7 | FlagsFixed
	c.RIP = c.GPR[RCX]
	return nil
}

// sysenter runs SYSENTER: nothing is saved and TF stays as it is (P9).
func (m *Machine) sysenter(c *CPU) *Trap {
	cs := uint16(c.Sys.MSR.SysenterCS)
	if cs&^3 == 0 {
		return FaultErr(VecGP, 0)
	}
	c.RFLAGS &^= VM | IF
	c.setSeg(CS, cs&^3, flatCode(0, c.Space.arch == AMD64))
	c.setSeg(SS, cs&^3+8, flatData(0))
	c.RIP = c.Space.mask(c.Sys.MSR.SysenterEIP)
	c.GPR[RSP] = c.Space.mask(c.Sys.MSR.SysenterESP)
	return nil
}

func (m *Machine) sysexit(c *CPU, in *insn.Inst) *Trap {
	cs := uint16(c.Sys.MSR.SysenterCS)
	if cs&^3 == 0 {
		return FaultErr(VecGP, 0)
	}
	off := uint16(16)
	if c.Space.arch == AMD64 {
		if in.REX&insn.RexW == 0 {
			return Fault(VecUD) // would enter compatibility mode
		}
		if !c.Canonical(c.GPR[RCX]) || !c.Canonical(c.GPR[RDX]) {
			return FaultErr(VecGP, 0)
		}
		off = 32
	}
	c.setSeg(CS, (cs+off)|3, flatCode(3, c.Space.arch == AMD64))
	c.setSeg(SS, (cs+off+8)|3, flatData(3))
	c.RIP = c.Space.mask(c.GPR[RDX])
	c.GPR[RSP] = c.Space.mask(c.GPR[RCX])
	return nil
}
