package emu

import (
	"encoding/binary"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// State components of XSAVE: bits of XCR0, of a mask in EDX:EAX, of XSTATE_BV
// (SDM vol. 1, 13.1).
const (
	xstateX87 = 1 << iota
	xstateSSE
	xstateAVX

	xcr0Bits = xstateX87 | xstateSSE | xstateAVX
	// XSaveAll are all of them that there are.
	XSaveAll = xcr0Bits
)

// xsaveForms are the instructions of 0F AE with memory that this file has, a bit
// for each digit: FXSAVE, FXRSTOR, XSAVE, XRSTOR, XSAVEOPT.
const xsaveForms = 1<<0 | 1<<1 | 1<<4 | 1<<5 | 1<<6

// cpuidXSAVELeaf is leaf 0DH with XSAVE, XSAVEOPT, XSAVEC and XGETBV of what is
// in use.
func cpuidXSAVELeaf(subleaf uint32, xcr0 uint64) [4]uint32 {
	size := uint32(XSaveUpper)
	if xcr0&xstateAVX != 0 {
		size = XSaveSize
	}
	switch subleaf {
	case 0:
		return [4]uint32{xcr0Bits, size, XSaveSize, 0}
	case 1:
		return [4]uint32{7, size}
	case 2:
		return [4]uint32{xsaveAVXSize, XSaveUpper}
	}
	return [4]uint32{}
}

// HasXSave reports whether the machine's processor has XSAVE and AVX.
func (m *Machine) HasXSave() bool { return m.level.has(extXSAVE) }

// wideArea reports whether the area has the form with offsets of 64 bits: REX.W,
// which there is in 64-bit mode only.
func wideArea(in *insn.Inst) bool { return in.OperandBits == 64 }

// probeArea is the fault of the first and the last byte of an area, in the order
// in which the processor looks at them: FXSAVE and FXRSTOR begin with the last;
// XRSTOR looks at the header before the last (silicon).
func (c *CPU) probeArea(in *insn.Inst, fx bool, mask uint64) *Trap {
	const first, fxLast = 0, FXSize - 1
	last := uint64(XSaveUpper - 1)
	if mask&xstateAVX != 0 {
		last = XSaveSize - 1
	}
	places := []uint64{first, last}
	restores := in.Opcode == 0xae && in.Digit()&3 == 1
	switch {
	case fx:
		places = []uint64{fxLast, first}
	case restores:
		places = []uint64{first, xsaveHeader, last}
	}
	seg, off := c.operandAt(in)
	for _, at := range places {
		if !c.bus.Probe(uint8(seg), cutOffset(in, off+at), 1, !restores) {
			t := c.bus.trap
			return &t
		}
	}
	return nil
}

// vectorRegisters is how many vector registers the running code has.
func (c *CPU) vectorRegisters() int {
	if c.Code64 != 0 {
		return 16
	}
	return 8
}

// xcrInsn is XGETBV and XSETBV.
func (c *CPU) xcrInsn(in *insn.Inst) *Trap {
	if c.Sys.CR4&CR4OSXSAVE == 0 {
		return Fault(x86.VecUD)
	}
	n, v := uint32(c.GPR[x86.RCX]), uint64(0)
	switch {
	case in.ModRM == 0xd1:
		return c.xsetbv(n, c.GPR[x86.RDX]<<32|c.GPR[x86.RAX]&0xffffffff)
	case n == 0:
		v = c.Sys.XCR0
	case n == 1:
		x := c.extended()
		v = c.Sys.XCR0 & inUse(x, c.vectorRegisters())
		if x.MXCSR != regs.MXCSRReset {
			v |= c.Sys.XCR0 & xstateSSE
		}
	default:
		return FaultErr(x86.VecGP, 0)
	}
	c.GPR[x86.RAX], c.GPR[x86.RDX] = v&0xffffffff, v>>32
	return nil
}

// xsetbv sets XCR0: x87 is always there, AVX with SSE only (SDM vol. 1, 13.3).
func (c *CPU) xsetbv(n uint32, v uint64) *Trap {
	if n != 0 || v&^xcr0Bits != 0 || v&xstateX87 == 0 || v&xstateAVX != 0 && v&xstateSSE == 0 {
		return FaultErr(x86.VecGP, 0)
	}
	c.Sys.XCR0 = v
	return nil
}

// xsaveInsn is FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XSAVEC and XRSTOR.
func (m *Machine) xsaveInsn(c *CPU, in *insn.Inst) *Trap {
	fx := in.Map == insn.Map0F && in.Opcode == 0xae && in.Digit() < 2
	align := uint64(64)
	switch {
	case fx:
		align = 16
	case c.Sys.CR4&CR4OSXSAVE == 0:
		return Fault(x86.VecUD)
	}
	if c.Sys.CR0&CR0TS != 0 || fx && c.Sys.CR0&CR0EM != 0 {
		return Fault(x86.VecNM)
	}
	if c.EffectiveAddress(in)%align != 0 {
		return FaultErr(x86.VecGP, 0)
	}
	mask := (c.GPR[x86.RDX]<<32 | c.GPR[x86.RAX]&0xffffffff) & c.Sys.XCR0
	if t := c.probeArea(in, fx, mask); t != nil {
		return t
	}
	var t *Trap
	switch {
	case in.Opcode == 0xc7:
		t = m.xsavec(c, in, mask)
	case in.Digit() == 0:
		var b [FXSize]byte
		c.extended().FXSave(&b, c.vectorRegisters(), wideArea(in))
		t = m.storeArea(c, in, b[:], 0, regs.FXXMM+16*c.vectorRegisters())
	case in.Digit() == 1:
		t = m.fxrstor(c, in)
	case in.Digit() == 5:
		t = m.xrstor(c, in, mask)
	default:
		t = m.xsave(c, in, mask, in.Digit() == 6)
	}
	if t != nil {
		m.undoWrites(c)
	}
	return t
}

// xsave is XSAVE and XSAVEOPT, which leaves out components that are not in use.
// MXCSR is written with SSE or AVX.
func (m *Machine) xsave(c *CPU, in *insn.Inst, mask uint64, optimised bool) *Trap {
	x, n := c.extended(), c.vectorRegisters()
	var b [XSaveSize]byte
	putState(&b, x, n, wideArea(in))
	bv := inUse(x, n)
	written := mask
	if optimised {
		written &= bv
	}
	ranges := componentAreas(written, n)
	if mask&(xstateSSE|xstateAVX) != 0 {
		ranges = append(ranges, areaMXCSR)
	}
	for _, r := range ranges {
		if t := m.storeArea(c, in, b[:], r[0], r[1]); t != nil {
			return t
		}
	}
	old, t := m.loadOperand(c, in, xsaveHeader, 8)
	if t != nil {
		return t
	}
	return m.storeOperand(c, in, xsaveHeader, 8, old&^mask|bv&mask)
}

// xsavec is XSAVEC: what is not in use is not written, MXCSR is part of SSE.
func (m *Machine) xsavec(c *CPU, in *insn.Inst, mask uint64) *Trap {
	x, n := c.extended(), c.vectorRegisters()
	var b [XSaveSize]byte
	putState(&b, x, n, wideArea(in))
	bv := inUse(x, n)
	if x.MXCSR != regs.MXCSRReset {
		bv |= xstateSSE
	}
	bv &= mask
	ranges := componentAreas(bv, n)
	if bv&xstateSSE != 0 {
		ranges = append(ranges, areaMXCSR)
	}
	for _, r := range ranges {
		if t := m.storeArea(c, in, b[:], r[0], r[1]); t != nil {
			return t
		}
	}
	if t := m.storeOperand(c, in, xsaveHeader, 8, bv); t != nil {
		return t
	}
	return m.storeOperand(c, in, xsaveHeader+xsaveCompBV, 8, mask|xsaveCompacted)
}

// fxrstor is FXRSTOR: a bit of MXCSR that does not exist is #GP.
func (m *Machine) fxrstor(c *CPU, in *insn.Inst) *Trap {
	var b [FXSize]byte
	if t := m.loadArea(c, in, b[:], 0, regs.FXXMM+16*c.vectorRegisters()); t != nil {
		return t
	}
	if binary.LittleEndian.Uint32(b[regs.FXMXCSR:])&^regs.MXCSRMask != 0 {
		return FaultErr(x86.VecGP, 0)
	}
	x := c.changeExtended()
	x.FXLoad(&b, c.vectorRegisters(), wideArea(in))
	settleX87(&x.X87)
	return nil
}

// xrstor is XRSTOR (SDM vol. 1, 13.8): components of the mask that XSTATE_BV does
// not have get their state after reset. A header that is not one is #GP.
func (m *Machine) xrstor(c *CPU, in *insn.Inst, mask uint64) *Trap {
	var b [XSaveSize]byte
	if t := m.loadArea(c, in, b[:], xsaveHeader, XSaveUpper); t != nil {
		return t
	}
	compacted, ok := checkHeader(b[xsaveHeader:XSaveUpper], c.Sys.XCR0)
	if !ok {
		return FaultErr(x86.VecGP, 0)
	}
	n := c.vectorRegisters()
	from := mask & binary.LittleEndian.Uint64(b[xsaveHeader:])
	ranges := componentAreas(from, n)
	loadsMXCSR := mask&(xstateSSE|xstateAVX) != 0
	if compacted {
		loadsMXCSR = from&xstateSSE != 0
	}
	if loadsMXCSR {
		ranges = append(ranges, areaMXCSR)
	}
	for _, r := range ranges {
		if t := m.loadArea(c, in, b[:], r[0], r[1]); t != nil {
			return t
		}
	}
	if loadsMXCSR && binary.LittleEndian.Uint32(b[regs.FXMXCSR:])&^regs.MXCSRMask != 0 {
		return FaultErr(x86.VecGP, 0)
	}
	loaded := takeState(&b, n, wideArea(in))
	settleX87(&loaded.X87)
	c.restoreComponents(&loaded, mask, from, n)
	switch {
	case loadsMXCSR:
		c.ext.MXCSR = loaded.MXCSR
	case compacted && mask&xstateSSE != 0:
		c.ext.MXCSR = regs.MXCSRReset
	}
	return nil
}
