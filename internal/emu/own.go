package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/x86"
)

// ownOp says how an instruction is run when not by the library: those that
// touch descriptor tables, privilege, debug registers or clocks, which the
// library gets wrong, reads from the host, or dies on.
type ownOp uint8

const (
	ownNone ownOp = iota
	ownInvalid
	ownTooLong
	ownHypercall
	ownSoftInt
	ownIret
	ownHlt
	ownSegLoad
	ownFar
	ownPortIO
	ownTable
	ownSyscall
	ownSysret
	ownSysenter
	ownSysexit
	ownControl
	ownDebug
	ownMSR
	ownClock
	ownRandom
	ownCPUID
	ownFSGSBase
	ownXSave
	ownXCR // XGETBV, XSETBV
	ownInterp
	ownRefused // by the mode: virtual-8086
	ownNop     // privileged, no effect here: invd, wbinvd, invlpg
)

// HypercallVector is the INT vector that kernel text uses for micro-steps.
const HypercallVector = 0x81

// classify finds what the machine itself runs and what package interp does.
// Anything else is of an extension that the processor does not have.
func classify(in *insn.Inst, err error, l Level) (ownOp, interp.Op) {
	if own := classifyOwn(in, err, l); own != ownNone {
		return own, interp.Op{}
	}
	if countsBits(in) && !l.has(bitCount(in)) { // the prefix means nothing: BSF, BSR
		plain := *in
		plain.Rep = false
		in = &plain
	}
	if op, ok := interp.Prepare(in); ok {
		return ownInterp, op
	}
	return ownInvalid, interp.Op{}
}

func classifyOwn(in *insn.Inst, err error, l Level) ownOp {
	if err != nil {
		if err == insn.ErrTooLong {
			return ownTooLong
		}
		return ownInvalid
	}
	switch a := in.Attr(); {
	case a.Has(insn.Undefined), !l.has(extensionOf(in)):
		return ownInvalid
	case a.Has(insn.IntN) && uint8(in.Imm) == HypercallVector:
		return ownHypercall
	case a.Has(insn.SoftInt):
		return ownSoftInt
	case a.Has(insn.Iret):
		return ownIret
	case a.Has(insn.Hlt):
		return ownHlt
	case a.Has(insn.SegLoad):
		return ownSegLoad
	case a.Has(insn.CallFar | insn.JmpFar | insn.RetFar):
		return ownFar
	case a.Has(insn.PortIO):
		return ownPortIO
	case a.Has(insn.Syscall):
		return ownSyscall
	case a.Has(insn.Sysret):
		return ownSysret
	case a.Has(insn.Sysenter):
		return ownSysenter
	case a.Has(insn.Sysexit):
		return ownSysexit
	case a.Has(insn.CR):
		return ownControl
	case a.Has(insn.DR):
		return ownDebug
	}
	if in.Map == insn.Map0F && in.Vex.Kind == insn.VexNone {
		return classify0F(in)
	}
	return ownNone
}

func classify0F(in *insn.Inst) ownOp {
	switch in.Opcode {
	case 0x00, 0x02, 0x03:
		return ownTable
	case 0x01:
		return classify0F01(in)
	case 0x08, 0x09:
		return ownNop
	case 0x30, 0x32:
		return ownMSR
	case 0x31, 0x33:
		return ownClock
	case 0x37, 0xaa: // GETSEC, RSM: no SMX, no SMM
		return ownInvalid
	case 0xa2:
		return ownCPUID
	case 0xae:
		if in.Rep && in.Mod() == 3 && in.Digit() < 4 {
			return ownFSGSBase
		}
		if in.HasMemory() && !in.Rep && !in.OpSize && xsaveForms>>in.Digit()&1 != 0 {
			return ownXSave
		}
	case 0xc7:
		if in.Mod() == 3 && in.Digit() >= 6 {
			if in.Rep {
				return ownClock // RDPID
			}
			return ownRandom
		}
		if in.Mod() != 3 && in.Digit() >= 6 { // VMPTRLD and friends: no VMX
			return ownInvalid
		}
		if in.HasMemory() && in.Digit() == 4 {
			return ownXSave
		}
	}
	return ownNone
}

func classify0F01(in *insn.Inst) ownOp {
	if in.Mod() != 3 {
		if in.Digit() == 7 {
			return ownNop // INVLPG
		}
		return ownTable
	}
	switch in.ModRM {
	case 0xf8: // SWAPGS
		return ownFSGSBase
	case 0xf9: // RDTSCP
		return ownClock
	case 0xd0, 0xd1:
		return ownXCR
	}
	return ownInvalid // VMX, SVM, MONITOR, SGX, ...: not on this machine
}

// runOwn runs one of them. A returned trap of kind Exception means that
// nothing changed; a software interrupt has moved RIP on.
func (m *Machine) runOwn(c *CPU, d *decoded) *Trap {
	in := &d.in
	switch {
	case d.own == ownInvalid: // before privilege: the decoder finds it
		return Fault(x86.VecUD)
	case d.own == ownTooLong, in.Attr().Has(insn.Privileged) && c.CPL != 0:
		return FaultErr(x86.VecGP, 0) // P11
	}
	next := c.nextRIP(in)
	switch d.own {
	case ownSoftInt:
		return m.softInt(c, d)
	case ownIret:
		return m.iret(c, in)
	case ownSegLoad:
		return m.segLoadInsn(c, in, next)
	case ownFar:
		return m.farTransfer(c, in, next)
	case ownTable:
		return m.tableInsn(c, in, next)
	case ownSyscall:
		return m.syscall(c, next)
	case ownSysret:
		return m.sysret(c, in)
	case ownSysenter:
		return m.sysenter(c)
	case ownSysexit:
		return m.sysexit(c, in)
	case ownHlt:
		c.Halted = true
	case ownPortIO:
		return m.portIO(c, in, next)
	case ownControl:
		if t := m.controlInsn(c, in); t != nil {
			return t
		}
	case ownDebug:
		if t := m.debugInsn(c, in); t != nil {
			return t
		}
	case ownMSR:
		if t := m.msrInsn(c, in); t != nil {
			return t
		}
	case ownClock:
		if t := m.clockInsn(c, in); t != nil {
			return t
		}
	case ownRandom:
		m.randomInsn(c, in)
	case ownCPUID:
		c.cpuidInsn()
	case ownFSGSBase:
		if t := c.fsgsInsn(in); t != nil {
			return t
		}
	case ownXSave:
		if t := m.xsaveInsn(c, in); t != nil {
			return t
		}
	case ownXCR:
		if t := c.xcrInsn(in); t != nil {
			return t
		}
	}
	c.RIP = next
	return nil
}

// nextRIP is the address behind the instruction, within the code's width.
func (c *CPU) nextRIP(in *insn.Inst) uint64 { return c.cutCode(c.RIP + uint64(in.Len)) }

// softInt makes the trap of INT n, INT3, INTO and INT1: RIP points behind
// (P1). INTO without overflow does nothing. No step trap follows: delivery
// pushes TF and clears it (P9, K24).
func (m *Machine) softInt(c *CPU, d *decoded) *Trap {
	in := &d.in
	next := c.nextRIP(in)
	t := &Trap{Kind: SoftwareInt, Op: in.Opcode}
	switch in.Opcode {
	case x86.Int3:
		t.Vector = x86.VecBP
	case 0xcd:
		t.Vector = x86.Vector(in.Imm)
	case 0xce:
		t.Vector = x86.VecOF
		if c.RFLAGS&x86.OF == 0 {
			c.RIP = next
			return nil
		}
	case 0xf1:
		t.Vector, t.Kind = x86.VecDB, PrivSoftInt
	}
	c.RIP = next
	c.Retired++
	c.RFLAGS &^= x86.RF
	return t
}

// EffectiveAddress is the linear address of an instruction's memory operand.
func (c *CPU) EffectiveAddress(in *insn.Inst) uint64 {
	return c.linear(c.operandAt(in))
}

func (c *CPU) offsetOf(in *insn.Inst) uint64 {
	var a uint64
	if in.AddressBits == 16 {
		return c.offset16(in)
	}
	rm := in.RM()
	switch {
	case in.RIPRelative:
		a = c.RIP + uint64(in.Len)
	case in.HasSIB:
		if base := int(in.SIB & 7); base != 5 || in.Mod() != 0 {
			a = c.GPR[base|extend(rexOf(in)&insn.RexB)]
		}
		if idx := int(in.SIB>>3&7) | extend(rexOf(in)&insn.RexX); idx != 4 {
			a += c.GPR[idx] << (in.SIB >> 6)
		}
	case rm == 5 && in.Mod() == 0:
	default:
		a = c.GPR[rm|extend(rexOf(in)&insn.RexB)]
	}
	a += uint64(in.Disp)
	if in.AddressBits == 32 {
		a &= 0xffffffff
	}
	return a
}

// offset16 is the address of a 16-bit ModRM form (SDM vol. 2, table 2-1).
func (c *CPU) offset16(in *insn.Inst) uint64 {
	forms := [8][2]x86.Reg{{x86.RBX, x86.RSI}, {x86.RBX, x86.RDI}, {x86.RBP, x86.RSI}, {x86.RBP, x86.RDI}, {x86.RSI, x86.RSI}, {x86.RDI, x86.RDI}, {x86.RBP, x86.RBP}, {x86.RBX, x86.RBX}}
	f := forms[in.RM()]
	a := uint64(in.Disp)
	if in.RM() != 6 || in.Mod() != 0 {
		a += c.GPR[f[0]]
		if f[0] != f[1] {
			a += c.GPR[f[1]]
		}
	}
	return a & 0xffff
}

// extend turns a REX bit's presence into the register number's fourth bit.
func extend(rex byte) int {
	if rex != 0 {
		return 8
	}
	return 0
}

// rexOf is the REX byte's register extensions, or those of the VEX prefix in their place.
func rexOf(in *insn.Inst) byte {
	rex := in.REX
	if in.Vex.R {
		rex |= insn.RexR
	}
	if in.Vex.X {
		rex |= insn.RexX
	}
	if in.Vex.B {
		rex |= insn.RexB
	}
	return rex
}

// rmReg is the register number of ModRM.rm, regReg that of ModRM.reg.
func rmReg(in *insn.Inst) x86.Reg  { return x86.Reg(in.RM() | extend(rexOf(in)&insn.RexB)) }
func regReg(in *insn.Inst) x86.Reg { return x86.Reg(in.Digit() | extend(rexOf(in)&insn.RexR)) }

// setGPR writes a register of the given width in bits: 32-bit writes clear
// the upper half, 16-bit ones leave it.
func (c *CPU) setGPR(r x86.Reg, bits int, v uint64) {
	switch bits {
	case 16:
		c.GPR[r] = c.GPR[r]&^0xffff | v&0xffff
	case 32:
		c.GPR[r] = v & 0xffffffff
	default:
		c.GPR[r] = v
	}
}
