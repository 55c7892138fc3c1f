package emu

import "trapline/emu/insn"

// controlInsn runs MOV to and from CRn, LMSW, SMSW and CLTS.
func (m *Machine) controlInsn(c *CPU, in *insn.Inst) *Trap {
	switch in.Opcode {
	case 0x01: // SMSW, LMSW
		if in.Digit() == 4 {
			if c.umip() {
				return FaultErr(VecGP, 0)
			}
			return m.storeRM(c, in, c.Sys.CR0)
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
			return Fault(VecUD)
		}
		c.GPR[rmReg(in)] = c.Space.mask(v)
	case 0x22:
		return c.writeCR(int(regReg(in)), c.GPR[rmReg(in)])
	}
	return nil
}

func (c *CPU) readCR(n int) (uint64, bool) {
	switch n {
	case 0:
		return c.Sys.CR0, true
	case 2:
		return c.Sys.CR2, true
	case 3:
		return c.Sys.CR3, true
	case 4:
		return c.Sys.CR4, true
	case 8:
		return 0, true
	}
	return 0, false
}

// writeCR keeps paging and protection on: the machine's spaces are its page
// tables, so clearing CR0.PE or CR0.PG is #GP rather than a mode it lacks.
func (c *CPU) writeCR(n int, v uint64) *Trap {
	switch n {
	case 0:
		if v&(CR0PE|CR0PG) != CR0PE|CR0PG {
			return FaultErr(VecGP, 0)
		}
		c.Sys.CR0 = v
	case 2:
		c.Sys.CR2 = v
	case 3:
		c.Sys.CR3 = v
	case 4:
		c.Sys.CR4 = v
	case 8:
	default:
		return Fault(VecUD)
	}
	return nil
}

// debugInsn runs MOV to and from DRn in ring 0 (P12): DR4 and DR5 do not
// exist with CR4.DE, and DR7.GD makes every access a #DB.
func (m *Machine) debugInsn(c *CPU, in *insn.Inst) *Trap {
	n := int(regReg(in))
	if n > 7 || n == 4 || n == 5 {
		return Fault(VecUD)
	}
	if c.Sys.DR[7]&DR7GD != 0 {
		return &Trap{Vector: VecDB, Kind: Exception, DR6: DR6BD}
	}
	if in.Opcode == 0x21 {
		c.GPR[rmReg(in)] = c.Sys.DR[n]
		return nil
	}
	v := c.GPR[rmReg(in)]
	switch {
	case n == 6:
		if v>>32 != 0 {
			return FaultErr(VecGP, 0)
		}
		v = v&0xe00f | DR6Fixed
	case n == 7:
		if v>>32 != 0 {
			return FaultErr(VecGP, 0)
		}
		v = v&^0xd800 | DR7Fixed
	}
	c.Sys.DR[n] = v
	return nil
}

func (c *CPU) setZF(on bool) {
	c.RFLAGS &^= ZF
	if on {
		c.RFLAGS |= ZF
	}
}

// loadRM16 reads a 16-bit register or memory operand.
func (m *Machine) loadRM16(c *CPU, in *insn.Inst) (uint64, *Trap) {
	if in.Mod() == 3 {
		return c.GPR[rmReg(in)] & 0xffff, nil
	}
	return m.Load(c, c.EffectiveAddress(in), 2, c.User())
}

// storeRM stores v: 16 bits to memory, the operand size to a register.
func (m *Machine) storeRM(c *CPU, in *insn.Inst, v uint64) *Trap {
	if in.Mod() == 3 {
		c.setGPR(rmReg(in), in.OperandBits, v)
		return nil
	}
	return m.Store(c, c.EffectiveAddress(in), 2, v, c.User(), ByInstruction)
}

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
	if c.Space.arch != AMD64 {
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
		return &c.Seg[FS].Base
	case msrGSBase:
		return &c.Seg[GS].Base
	case msrKernelGSBase:
		return &c.Sys.MSR.KernelGSBase
	}
	return nil
}

// msrInsn runs RDMSR and WRMSR; an MSR the machine does not have is #GP.
func (c *CPU) msrInsn(in *insn.Inst) *Trap {
	p := c.msr(uint32(c.GPR[RCX]))
	if p == nil {
		return FaultErr(VecGP, 0)
	}
	if in.Opcode == 0x32 {
		c.GPR[RAX], c.GPR[RDX] = *p&0xffffffff, *p>>32
		return nil
	}
	v := c.GPR[RAX]&0xffffffff | c.GPR[RDX]<<32
	switch p {
	case &c.Seg[FS].Base, &c.Seg[GS].Base, &c.Sys.MSR.KernelGSBase, &c.Sys.MSR.LStar,
		&c.Sys.MSR.CStar, &c.Sys.MSR.SysenterEIP, &c.Sys.MSR.SysenterESP:
		if !c.Canonical(v) {
			return FaultErr(VecGP, 0)
		}
	case &c.Sys.EFER:
		v = v&(EFERSCE|EFERNXE) | c.Sys.EFER&(EFERLME|EFERLMA)
	}
	*p = v
	return nil
}

// clockInsn runs RDTSC, RDTSCP, RDPMC and RDPID from the machine's own clock,
// which counts instructions: runs repeat exactly (S2). RDPMC is for ring 0
// only, as long as CR4.PCE is clear (SDM vol. 2).
func (c *CPU) clockInsn(in *insn.Inst) *Trap {
	switch {
	case in.Opcode == 0xc7:
		c.GPR[rmReg(in)] = c.Space.mask(c.Sys.MSR.TSCAux)
		return nil
	case in.Opcode == 0x33 && c.CPL != 0 && c.Sys.CR4&CR4PCE == 0:
		return FaultErr(VecGP, 0)
	case in.Opcode == 0x01:
		c.GPR[RCX] = c.Sys.MSR.TSCAux & 0xffffffff
	}
	c.GPR[RAX], c.GPR[RDX] = c.Sys.TSC&0xffffffff, c.Sys.TSC>>32
	return nil
}

// randomInsn runs RDRAND and RDSEED with a number that depends on the clock
// only (splitmix64).
func (c *CPU) randomInsn(in *insn.Inst) {
	z := (c.Sys.TSC + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	c.setGPR(rmReg(in), in.OperandBits, z^z>>31)
	c.RFLAGS = c.RFLAGS&^FlagsStatus | CF
}

// fsgsInsn runs SWAPGS and RD/WRFSBASE, RD/WRGSBASE.
func (c *CPU) fsgsInsn(in *insn.Inst) *Trap {
	if c.Code64 == 0 {
		return Fault(VecUD)
	}
	if in.Opcode == 0x01 {
		c.Seg[GS].Base, c.Sys.MSR.KernelGSBase = c.Sys.MSR.KernelGSBase, c.Seg[GS].Base
		return nil
	}
	base := &c.Seg[FS+in.Digit()&1].Base
	if in.Digit() < 2 {
		c.setGPR(rmReg(in), in.OperandBits, *base)
		return nil
	}
	v := c.GPR[rmReg(in)]
	if in.OperandBits == 32 {
		v &= 0xffffffff
	}
	if !c.Canonical(v) {
		return FaultErr(VecGP, 0)
	}
	*base = v
	return nil
}

// portIO runs IN, OUT, INS, OUTS: allowed by IOPL only (no I/O bitmap); there
// are no devices, so reads give ones and writes vanish.
func (m *Machine) portIO(c *CPU, in *insn.Inst) *Trap {
	if c.CPL > uint32(c.RFLAGS&IOPL>>12) {
		return FaultErr(VecGP, 0) // P11
	}
	if in.Attr().Has(insn.String) {
		return FaultErr(VecGP, 0) // string I/O is not modelled
	}
	bits := in.OperandBits
	if in.Opcode&1 == 0 {
		bits = 8
	}
	if in.Opcode&2 == 0 {
		ones := ^uint64(0) >> (64 - min(bits, 32))
		if bits == 8 {
			c.GPR[RAX] |= ones
		} else {
			c.setGPR(RAX, min(bits, 32), ones)
		}
	}
	return nil
}
