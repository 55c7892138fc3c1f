package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// MSR numbers (SDM vol. 4).
const (
	msrTSC          = 0x10
	msrSysenterCS   = 0x174
	msrSysenterESP  = 0x175
	msrSysenterEIP  = 0x176
	msrEFER         = 0xc0000080
	msrStar         = 0xc0000081
	msrLStar        = 0xc0000082
	msrCStar        = 0xc0000083
	msrFMask        = 0xc0000084
	msrFSBase       = 0xc0000100
	msrGSBase       = 0xc0000101
	msrKernelGSBase = 0xc0000102
	msrTSCAux       = 0xc0000103
)

func (c *CPU) msr(n uint32) *uint64 {
	switch n {
	case msrTSC:
		return &c.Sys.TSC
	case msrSysenterCS:
		return &c.Sys.MSR.SysenterCS
	case msrSysenterESP:
		return &c.Sys.MSR.SysenterESP
	case msrSysenterEIP:
		return &c.Sys.MSR.SysenterEIP
	case msrTSCAux:
		return &c.Sys.MSR.TSCAux
	}
	if c.Space.arch != x86.AMD64 {
		return nil
	}
	switch n {
	case msrEFER:
		return &c.Sys.EFER
	case msrStar:
		return &c.Sys.MSR.Star
	case msrLStar:
		return &c.Sys.MSR.LStar
	case msrCStar:
		return &c.Sys.MSR.CStar
	case msrFMask:
		return &c.Sys.MSR.FMask
	case msrFSBase:
		return &c.Seg[x86.FS].Base
	case msrGSBase:
		return &c.Seg[x86.GS].Base
	case msrKernelGSBase:
		return &c.Sys.MSR.KernelGSBase
	}
	return nil
}

// msrInsn runs RDMSR and WRMSR; an MSR the machine does not have is #GP.
func (m *Machine) msrInsn(c *CPU, in *insn.Inst) *Trap {
	n := uint32(c.GPR[x86.RCX])
	if in.Opcode == 0x30 && writesWeakly(n) {
		m.ev.weak, m.ev.Drains = true, false
		return m.writeAPIC(c, n)
	}
	p := c.msr(n)
	if p == nil {
		return FaultErr(x86.VecGP, 0)
	}
	if in.Opcode == 0x32 {
		if p == &c.Sys.TSC {
			m.Door().ReadsClock(ClockLoc(c.ID))
		}
		c.GPR[x86.RAX], c.GPR[x86.RDX] = *p&0xffffffff, *p>>32
		return nil
	}
	v := c.GPR[x86.RAX]&0xffffffff | c.GPR[x86.RDX]<<32
	switch p {
	case &c.Seg[x86.FS].Base, &c.Seg[x86.GS].Base, &c.Sys.MSR.KernelGSBase, &c.Sys.MSR.LStar,
		&c.Sys.MSR.CStar, &c.Sys.MSR.SysenterEIP, &c.Sys.MSR.SysenterESP:
		if !c.Canonical(v) {
			return FaultErr(x86.VecGP, 0)
		}
	case &c.Sys.EFER:
		const may = EFERSCE | EFERLME | EFERLMA | EFERNXE
		if v&^may != 0 || (v^c.Sys.EFER)&EFERLME != 0 { // paging is on: LME may not change (SDM vol. 3, 2.2.1, 4.1.1)
			return FaultErr(x86.VecGP, 0)
		}
		v = v&^EFERLMA | c.Sys.EFER&EFERLMA // the processor's own
	}
	*p = v
	return nil
}
