package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// controlInsn runs MOV to and from CRn, LMSW, SMSW and CLTS.
func (m *Machine) controlInsn(c *CPU, in *insn.Inst) *Trap {
	switch in.Opcode {
	case 0x01: // SMSW, LMSW
		if in.Digit() == 4 {
			if c.umip() {
				return FaultErr(x86.VecGP, 0)
			}
			v, _ := c.readCR(0)
			return m.storeRM(c, in, v)
		}
		v, t := m.loadRM16(c, in)
		if t != nil {
			return t
		}
		c.Sys.CR0 = c.Sys.CR0&^(CR0MP|CR0EM|CR0TS) | v&(CR0PE|CR0MP|CR0EM|CR0TS)
	case 0x06:
		c.Sys.CR0 &^= CR0TS
	case 0x20:
		v, ok := c.readCR(int(regReg(in)))
		if !ok {
			return Fault(x86.VecUD)
		}
		c.GPR[rmReg(in)] = c.Space.mask(v)
	case 0x22:
		return c.writeCR(int(regReg(in)), c.GPR[rmReg(in)])
	}
	return nil
}

func (c *CPU) setZF(on bool) {
	c.RFLAGS &^= x86.ZF
	if on {
		c.RFLAGS |= x86.ZF
	}
}

// loadRM16 reads a 16-bit register or memory operand.
func (m *Machine) loadRM16(c *CPU, in *insn.Inst) (uint64, *Trap) {
	if in.Mod() == 3 {
		return c.GPR[rmReg(in)] & 0xffff, nil
	}
	return m.loadOperand(c, in, 0, 2)
}

// storeRM stores v: 16 bits to memory, the operand size to a register.
func (m *Machine) storeRM(c *CPU, in *insn.Inst, v uint64) *Trap {
	if in.Mod() == 3 {
		c.setGPR(rmReg(in), in.OperandBits, v)
		return nil
	}
	return m.storeOperand(c, in, 0, 2, v)
}

// clockInsn runs RDTSC, RDTSCP, RDPMC and RDPID from the machine's own clock,
// which counts instructions: runs repeat exactly (S2). RDPMC is for ring 0
// only, as long as CR4.PCE is clear, and the time stamp once CR4.TSD is set
// (SDM vol. 3, 2.5).
func (m *Machine) clockInsn(c *CPU, in *insn.Inst) *Trap {
	switch {
	case in.Opcode == 0xc7:
		c.GPR[rmReg(in)] = c.Space.mask(c.Sys.MSR.TSCAux)
		return nil
	case in.Opcode == 0x33 && c.CPL != 0 && c.Sys.CR4&CR4PCE == 0,
		in.Opcode != 0x33 && c.CPL != 0 && c.Sys.CR4&CR4TSD != 0:
		return FaultErr(x86.VecGP, 0)
	case in.Opcode == 0x01:
		c.GPR[x86.RCX] = c.Sys.MSR.TSCAux & 0xffffffff
	}
	m.Door().ReadsClock(ClockLoc(c.ID))
	c.GPR[x86.RAX], c.GPR[x86.RDX] = c.Sys.TSC&0xffffffff, c.Sys.TSC>>32
	return nil
}

// randomInsn runs RDRAND and RDSEED with a number that depends on the
// machine's seed and on the clock (splitmix64).
func (m *Machine) randomInsn(c *CPU, in *insn.Inst) {
	m.Door().ReadsClock(ClockLoc(c.ID))
	z := m.seed + (c.Sys.TSC+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	c.setGPR(rmReg(in), in.OperandBits, z^z>>31)
	c.RFLAGS = c.RFLAGS&^x86.FlagsStatus | x86.CF
}

// SwapGS exchanges the base of gs with MSR_KERNEL_GS_BASE.
func (c *CPU) SwapGS() {
	c.Seg[x86.GS].Base, c.Sys.MSR.KernelGSBase = c.Sys.MSR.KernelGSBase, c.Seg[x86.GS].Base
}

// fsgsInsn runs SWAPGS and RD/WRFSBASE, RD/WRGSBASE; CR4.FSGSBASE is taken as
// set.
func (c *CPU) fsgsInsn(in *insn.Inst) *Trap {
	if c.Code64 == 0 {
		return Fault(x86.VecUD)
	}
	if in.Opcode == 0x01 {
		c.SwapGS()
		return nil
	}
	base := &c.Seg[x86.FS+in.Digit()&1].Base
	if in.Digit() < 2 {
		c.setGPR(rmReg(in), in.OperandBits, *base)
		return nil
	}
	v := c.GPR[rmReg(in)]
	if in.OperandBits == 32 {
		v &= 0xffffffff
	}
	if !c.Canonical(v) {
		return FaultErr(x86.VecGP, 0)
	}
	*base = v
	return nil
}
