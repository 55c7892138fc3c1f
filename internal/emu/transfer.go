package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// iret runs IRET/IRETD/IRETQ (SDM vol. 2): pops RIP, CS, RFLAGS and, to an
// outer ring or in 64-bit mode, RSP and SS.
func (m *Machine) iret(c *CPU, in *insn.Inst) *Trap {
	c.inNMI = false // even if it faults (SDM vol. 3, 6.7.1)
	saved := c.Core
	var t *Trap
	switch {
	case c.vm86():
		t = m.iretInVM86(c, in.OperandBits/8)
	case c.RFLAGS&x86.NT != 0 && c.Code64 != 0:
		return FaultErr(x86.VecGP, 0)
	case c.RFLAGS&x86.NT != 0:
		return FaultErr(x86.VecTS, uint32(c.Sys.TR.Sel&^3)) // task return: no hardware tasks here
	default:
		t = m.iretPop(c, in.OperandBits/8)
	}
	if t != nil {
		c.Core = saved
	}
	return t
}

func (m *Machine) iretPop(c *CPU, size int) *Trap {
	var w [5]uint64
	n := 3
	for i := 0; i < n; i++ {
		v, t := m.pop(c, i*size, size)
		if t != nil {
			return t
		}
		w[i] = v
		if i == 1 && (uint32(v&3) > c.CPL || c.Code64 != 0) {
			n = 5
		}
	}
	rip, cs, flags := w[0], uint16(w[1]), w[2]
	old := c.CPL
	if c.Space.arch == x86.I386 && flags&x86.VM != 0 && old == 0 && size == 4 {
		return m.iretToVM86(c, rip, cs, flags)
	}
	if uint32(cs&3) < old {
		return FaultErr(x86.VecGP, uint32(cs&^3))
	}
	sp := c.stackAt(3 * size)
	if t := m.LoadCode(c, cs, uint32(cs&3)); t != nil {
		return t
	}
	if n == 5 {
		sp = w[3]
		if t := m.LoadStack(c, uint16(w[4]), c.CPL, x86.VecGP); t != nil {
			return t
		}
	}
	c.setSP(sp)
	if t := c.jumpTo(rip); t != nil {
		return t
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
	may := x86.FlagsStatus | x86.TF | x86.DF | x86.NT
	if size > 2 {
		may |= x86.RF | x86.AC | x86.ID
	}
	if cpl == 0 {
		may |= x86.IOPL
		if size > 2 {
			may |= x86.VIF | x86.VIP
		}
	}
	if cpl <= uint32(old&x86.IOPL>>12) {
		may |= x86.IF
	}
	return old&^may | image&may | x86.FlagsFixed
}

// dropInnerSegments nulls data segments that the new, outer ring may not use.
func (c *CPU) dropInnerSegments() {
	for _, i := range [...]int{x86.ES, x86.DS, x86.FS, x86.GS} {
		s := &c.Seg[i]
		if s.Flags&(segCode|segExpandDown) == segCode|segExpandDown { // conforming code
			continue
		}
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
	size := in.OperandBits / 8
	off, sel := uint64(in.Imm), in.Imm2
	if in.HasModRM {
		if m.Vendor == AMD && size == 8 { // no 64-bit offset in a far pointer (docs/silicon.md)
			narrow := *in
			narrow.OperandBits, size = 32, 4
			in = &narrow
		}
		var t *Trap
		if off, sel, t = m.farPointer(c, in); t != nil {
			return t
		}
	}
	if in.Attr().Has(insn.CallFar) {
		for _, v := range [...]uint64{uint64(c.Seg[x86.CS].Sel), next} {
			if _, t := m.Push(c, size, v, ByInstruction); t != nil {
				return t
			}
		}
	}
	if t := m.farCode(c, sel); t != nil {
		return t
	}
	return c.jumpTo(off)
}

// farCode loads CS for a far JMP or CALL, which keep the privilege.
func (m *Machine) farCode(c *CPU, sel uint16) *Trap {
	if c.vm86() {
		c.setSegVM86(x86.CS, sel)
		return nil
	}
	d, t := m.code(c, sel)
	if t != nil {
		return t
	}
	if !d.Conforming() && (uint32(d.DPL()) != c.CPL || uint32(sel&3) > c.CPL) {
		return FaultErr(x86.VecGP, uint32(sel&^3))
	}
	return m.LoadCode(c, sel&^3|uint16(c.CPL), c.CPL)
}

func (m *Machine) farRet(c *CPU, in *insn.Inst) *Trap {
	size := in.OperandBits / 8
	rip, t := m.pop(c, 0, size)
	if t != nil {
		return t
	}
	v, t := m.pop(c, size, size)
	if t != nil {
		return t
	}
	cs, rpl := uint16(v), uint32(v&3)
	sp := c.stackAt(2*size + int(in.Imm))
	switch {
	case c.vm86():
		c.setSegVM86(x86.CS, cs)
	case rpl < c.CPL:
		return FaultErr(x86.VecGP, uint32(cs&^3))
	case rpl == c.CPL:
		if t := m.LoadCode(c, cs, rpl); t != nil {
			return t
		}
	default:
		if sp, t = m.farRetOuter(c, cs, in); t != nil {
			return t
		}
	}
	c.setSP(sp)
	return c.jumpTo(rip)
}

// farRetOuter loads CS and SS of the outer ring and gives its stack pointer.
func (m *Machine) farRetOuter(c *CPU, cs uint16, in *insn.Inst) (sp uint64, t *Trap) {
	size := in.OperandBits / 8
	above := 2*size + int(in.Imm)
	sp, t = m.pop(c, above, size)
	if t != nil {
		return 0, t
	}
	ss, t := m.pop(c, above+size, size)
	if t != nil {
		return 0, t
	}
	if t := m.LoadCode(c, cs, uint32(cs&3)); t != nil {
		return 0, t
	}
	if t := m.LoadStack(c, uint16(ss), c.CPL, x86.VecGP); t != nil {
		return 0, t
	}
	c.dropInnerSegments()
	return sp + uint64(in.Imm), nil
}

// Flat descriptors that SYSCALL, SYSENTER and their returns load without
// reading a table (SDM vol. 2).
func flatCode(dpl uint8, long bool) x86.Descriptor {
	d := x86.FlatCode32
	if long {
		d = x86.FlatCode64
	}
	d.Access |= x86.AccessAccessed
	return d.WithDPL(dpl)
}

func flatData(dpl uint8) x86.Descriptor {
	d := x86.FlatData
	d.Access |= x86.AccessAccessed
	return d.WithDPL(dpl)
}

// syscall runs SYSCALL, in compatibility mode on AMD's processors only (P9;
// SDM vol. 2, SYSCALL; APM vol. 3, SYSCALL).
func (m *Machine) syscall(c *CPU, next uint64) *Trap {
	compat := c.Space.arch == x86.AMD64 && c.Code64 == 0
	if c.Space.arch != x86.AMD64 || compat && m.Vendor != AMD || c.Sys.EFER&EFERSCE == 0 {
		return Fault(x86.VecUD)
	}
	c.GPR[x86.RCX] = next
	c.GPR[x86.R11] = c.RFLAGS &^ x86.RF
	sel := uint16(c.Sys.MSR.Star >> 32)
	c.setSeg(x86.CS, sel&^3, flatCode(0, true))
	c.setSeg(x86.SS, sel+8, flatData(0))
	c.RFLAGS = c.RFLAGS&^c.Sys.MSR.FMask&^x86.RF | x86.FlagsFixed
	c.RIP = c.Sys.MSR.LStar
	if compat {
		c.RIP = c.Sys.MSR.CStar
	}
	return nil
}

// sysret runs SYSRET: to 64-bit mode with REX.W, else to compatibility mode.
func (m *Machine) sysret(c *CPU, in *insn.Inst) *Trap {
	if c.Code64 == 0 || c.Sys.EFER&EFERSCE == 0 {
		return Fault(x86.VecUD)
	}
	sel, long, rip := uint16(c.Sys.MSR.Star>>48), in.REX&insn.RexW != 0, c.GPR[x86.RCX]
	if long && !c.Canonical(rip) {
		return FaultErr(x86.VecGP, 0)
	}
	cs := sel
	if long {
		cs += 16
	} else {
		rip &= 0xffffffff
	}
	c.RFLAGS = c.GPR[x86.R11]&0x3c7fd7 | x86.FlagsFixed
	c.setSeg(x86.CS, cs|3, flatCode(3, long))
	c.setSeg(x86.SS, sel+8|3, flatData(3))
	c.RIP = rip
	return nil
}

// sysenter runs SYSENTER: nothing is saved and TF stays as it is (P9).
func (m *Machine) sysenter(c *CPU) *Trap {
	cs := uint16(c.Sys.MSR.SysenterCS)
	if cs&^3 == 0 {
		return FaultErr(x86.VecGP, 0)
	}
	c.RFLAGS &^= x86.VM | x86.IF
	c.setSeg(x86.CS, cs&^3, flatCode(0, c.Space.arch == x86.AMD64))
	c.setSeg(x86.SS, cs&^3+8, flatData(0))
	c.RIP = c.cutCode(c.Sys.MSR.SysenterEIP)
	c.GPR[x86.RSP] = c.cutCode(c.Sys.MSR.SysenterESP)
	return nil
}

// sysexit runs SYSEXIT: to 64-bit mode with REX.W, else to 32-bit code.
func (m *Machine) sysexit(c *CPU, in *insn.Inst) *Trap {
	cs := uint16(c.Sys.MSR.SysenterCS)
	long := in.REX&insn.RexW != 0
	if cs&^3 == 0 || long && !(c.Canonical(c.GPR[x86.RCX]) && c.Canonical(c.GPR[x86.RDX])) {
		return FaultErr(x86.VecGP, 0)
	}
	off := uint16(16)
	if long {
		off = 32
	}
	c.setSeg(x86.CS, (cs+off)|3, flatCode(3, long))
	c.setSeg(x86.SS, (cs+off+8)|3, flatData(3))
	c.RIP = c.cutCode(c.GPR[x86.RDX])
	c.GPR[x86.RSP] = c.cutCode(c.GPR[x86.RCX])
	return nil
}
