package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// vm86 reports whether c runs in virtual-8086 mode (SDM vol. 3, 20.2). There are
// no virtual-mode extensions (CR4.VME), and no I/O bitmap.
func (c *CPU) vm86() bool { return c.RFLAGS&x86.VM != 0 && c.Space.arch == x86.I386 }

// setSegVM86 loads a segment register as the 8086 does: the base is 16 times
// the selector, the limit 64 KiB, ring 3 (SDM vol. 3, 20.1.1, 23.3.1.2).
func (c *CPU) setSegVM86(i int, sel uint16) {
	const data = 0xf300 // present, DPL 3, writable data, accessed
	c.Seg[i] = Seg{Base: uint64(sel) << 4, Sel: uint32(sel), Limit: 0xffff, Flags: data}
	if i == x86.CS {
		c.CPL = 3
	}
}

// vm86Refuses gives the fault of an instruction that virtual-8086 mode does not
// run: I/O without a bitmap, and with IOPL below 3 those that would see or
// change IF (SDM vol. 3, 20.2.7, 20.2.8.1), are #GP(0); what needs descriptors
// is #UD.
func (c *CPU) vm86Refuses(in *insn.Inst) *Trap {
	a := in.Attr()
	switch {
	case a.Has(insn.PortIO), a.Has(insn.Cli|insn.Sti|insn.Pushf|insn.Popf|insn.IntN|insn.Iret) && c.RFLAGS&x86.IOPL != x86.IOPL:
		return FaultErr(x86.VecGP, 0)
	case in.Map == insn.OneByte && in.Opcode == 0x63: // ARPL
		return Fault(x86.VecUD)
	case in.Map == insn.Map0F && (in.Opcode == 0x00 || in.Opcode == 0x02 || in.Opcode == 0x03):
		return Fault(x86.VecUD)
	}
	return nil
}

// iretInVM86 is IRET of the 8086: IOPL and VM stay (SDM vol. 2, IRET).
func (m *Machine) iretInVM86(c *CPU, size int) *Trap {
	var w [3]uint64
	for i := range w {
		v, t := m.pop(c, i*size, size)
		if t != nil {
			return t
		}
		w[i] = v
	}
	sp := c.stackAt(3 * size)
	c.setSegVM86(x86.CS, uint16(w[1]))
	c.setSP(sp)
	c.RFLAGS = popFlags(c.RFLAGS, w[2], size, c.CPL)
	return c.jumpTo(w[0])
}

// iretToVM86 enters virtual-8086 mode: behind EFLAGS there are ESP, SS, ES, DS,
// FS and GS (SDM vol. 3, 20.2.5).
func (m *Machine) iretToVM86(c *CPU, ip uint64, cs uint16, flags uint64) *Trap {
	var w [6]uint64
	for i := range w {
		v, t := m.pop(c, 4*(3+i), 4)
		if t != nil {
			return t
		}
		w[i] = v
	}
	c.RFLAGS = popFlags(c.RFLAGS, flags, 4, 0) | x86.VM
	c.setSegVM86(x86.CS, cs)
	for i, seg := range [...]int{x86.SS, x86.ES, x86.DS, x86.FS, x86.GS} {
		c.setSegVM86(seg, uint16(w[1+i]))
	}
	c.GPR[x86.RSP] = w[0]
	return c.jumpTo(ip & 0xffff)
}

// LeaveVM86 gives c the null data segments and the flags of a handler that an
// interrupt from virtual-8086 mode enters (SDM vol. 3, 20.3.1.1).
func (c *CPU) LeaveVM86() {
	c.RFLAGS &^= x86.VM
	for _, i := range [...]int{x86.ES, x86.DS, x86.FS, x86.GS} {
		c.Seg[i] = Seg{}
	}
}
