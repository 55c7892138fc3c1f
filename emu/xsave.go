package emu

import (
	"encoding/binary"

	"trapline/emu/insn"
	"trapline/emu/regs"
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

// The layout of XSAVE's area (SDM vol. 1, 13.4), in bytes. That of the header's
// fields counts from its beginning. Of AVX there is the same place in the
// compacted format, since the machine has no other state behind the header.
const (
	xsaveHeader   = FXSize
	xsaveCompBV   = 8
	xsaveReserved = 16
	xsaveAVXSize  = 16 * 16
	// XSaveUpper is where the upper halves of the YMM registers begin.
	XSaveUpper = xsaveHeader + 64
	// XSaveSize is the size of the area with all of the state.
	XSaveSize = XSaveUpper + xsaveAVXSize

	xsaveCompacted = 1 << 63 // of XCOMP_BV
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

// inUse is XINUSE: the components that are not as after reset (SDM vol. 1, 13.6).
// MXCSR is none of SSE's there.
func inUse(x *regs.Extended, registers int) (bv uint64) {
	if x.X87 != resetExtended.X87 {
		bv |= xstateX87
	}
	for i := range registers {
		r := &x.YMM[i]
		if r[0]|r[1] != 0 {
			bv |= xstateSSE
		}
		if r[2]|r[3] != 0 {
			bv |= xstateAVX
		}
	}
	return bv
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
		return Fault(VecUD)
	}
	n, v := uint32(c.GPR[RCX]), uint64(0)
	switch {
	case in.ModRM == 0xd1:
		return c.xsetbv(n, c.GPR[RDX]<<32|c.GPR[RAX]&0xffffffff)
	case n == 0:
		v = c.Sys.XCR0
	case n == 1:
		x := c.extended()
		v = c.Sys.XCR0 & inUse(x, c.vectorRegisters())
		if x.MXCSR != regs.MXCSRReset {
			v |= c.Sys.XCR0 & xstateSSE
		}
	default:
		return FaultErr(VecGP, 0)
	}
	c.GPR[RAX], c.GPR[RDX] = v&0xffffffff, v>>32
	return nil
}

// xsetbv sets XCR0: x87 is always there, AVX with SSE only (SDM vol. 1, 13.3).
func (c *CPU) xsetbv(n uint32, v uint64) *Trap {
	if n != 0 || v&^xcr0Bits != 0 || v&xstateX87 == 0 || v&xstateAVX != 0 && v&xstateSSE == 0 {
		return FaultErr(VecGP, 0)
	}
	c.Sys.XCR0 = v
	return nil
}

// xsaveInsn is FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XSAVEC and XRSTOR. FIP, FDP and
// FOP are zero.
func (m *Machine) xsaveInsn(c *CPU, in *insn.Inst) *Trap {
	fx := in.Map == insn.Map0F && in.Opcode == 0xae && in.Digit() < 2
	align := uint64(64)
	switch {
	case fx:
		align = 16
	case c.Sys.CR4&CR4OSXSAVE == 0:
		return Fault(VecUD)
	}
	if c.Sys.CR0&CR0TS != 0 || fx && c.Sys.CR0&CR0EM != 0 {
		return Fault(VecNM)
	}
	if c.EffectiveAddress(in)%align != 0 {
		return FaultErr(VecGP, 0)
	}
	var t *Trap
	switch mask := (c.GPR[RDX]<<32 | c.GPR[RAX]&0xffffffff) & c.Sys.XCR0; {
	case in.Opcode == 0xc7:
		t = m.xsavec(c, in, mask)
	case in.Digit() == 0:
		var b [FXSize]byte
		c.extended().FXSave(&b, c.vectorRegisters())
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

// storeArea writes the bytes from first to last of an area.
func (m *Machine) storeArea(c *CPU, in *insn.Inst, area []byte, first, last int) *Trap {
	for i := first; i < last; i += 8 {
		if t := m.storeOperand(c, in, uint64(i), 8, binary.LittleEndian.Uint64(area[i:])); t != nil {
			return t
		}
	}
	return nil
}

// loadArea reads the bytes from first to last of an area.
func (m *Machine) loadArea(c *CPU, in *insn.Inst, area []byte, first, last int) *Trap {
	for i := first; i < last; i += 8 {
		v, t := m.loadOperand(c, in, uint64(i), 8)
		if t != nil {
			return t
		}
		binary.LittleEndian.PutUint64(area[i:], v)
	}
	return nil
}

// XSave writes all of c's state in XSAVE's standard format, with the components
// in use in XSTATE_BV.
func (m *Machine) XSave(c *CPU, b *[XSaveSize]byte) {
	x := c.extended()
	n := m.Arch.xmmCount()
	*b = [XSaveSize]byte{}
	x.FXSave((*[FXSize]byte)(b[:FXSize]), n)
	putUpper(b[:], x, n)
	bv := inUse(x, n)
	if x.MXCSR != regs.MXCSRReset {
		bv |= xstateSSE
	}
	binary.LittleEndian.PutUint64(b[xsaveHeader:], bv)
}

func putUpper(b []byte, x *regs.Extended, n int) {
	for i := range n {
		binary.LittleEndian.PutUint64(b[XSaveUpper+16*i:], x.YMM[i][2])
		binary.LittleEndian.PutUint64(b[XSaveUpper+16*i+8:], x.YMM[i][3])
	}
}

// The parts of FXSAVE's area that belong to a component.
var (
	areaX87   = [][2]int{{0, regs.FXMXCSR}, {regs.FXST, regs.FXXMM}}
	areaMXCSR = [2]int{regs.FXMXCSR, regs.FXST}
)

// areaSSE are the XMM registers.
func areaSSE(n int) [2]int { return [2]int{regs.FXXMM, regs.FXXMM + 16*n} }

// areaAVX are the upper halves of the YMM registers.
func areaAVX(n int) [2]int { return [2]int{XSaveUpper, XSaveUpper + 16*n} }

// xsave is XSAVE and XSAVEOPT, which leaves out components that are not in use.
// MXCSR is written with SSE or AVX.
func (m *Machine) xsave(c *CPU, in *insn.Inst, mask uint64, optimised bool) *Trap {
	x, n := c.extended(), c.vectorRegisters()
	var b [XSaveSize]byte
	x.FXSave((*[FXSize]byte)(b[:FXSize]), n)
	putUpper(b[:], x, n)
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

func componentAreas(bv uint64, n int) (ranges [][2]int) {
	if bv&xstateX87 != 0 {
		ranges = append(ranges, areaX87...)
	}
	if bv&xstateSSE != 0 {
		ranges = append(ranges, areaSSE(n))
	}
	if bv&xstateAVX != 0 {
		ranges = append(ranges, areaAVX(n))
	}
	return ranges
}

// xsavec is XSAVEC: what is not in use is not written, MXCSR is part of SSE.
func (m *Machine) xsavec(c *CPU, in *insn.Inst, mask uint64) *Trap {
	x, n := c.extended(), c.vectorRegisters()
	var b [XSaveSize]byte
	x.FXSave((*[FXSize]byte)(b[:FXSize]), n)
	putUpper(b[:], x, n)
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
		return FaultErr(VecGP, 0)
	}
	x := c.changeExtended()
	x.FXLoad(&b, c.vectorRegisters())
	settleX87(&x.X87)
	return nil
}

// settleX87 makes words that were loaded those of a unit: without the bits of the control word that do not exist, of
// which bit 6 reads as one, and with ES and B as the exceptions say (SDM vol. 1, 8.1.3 and 8.1.5).
func settleX87(x *regs.X87) {
	const exceptions, summary = 0x3f, 1<<7 | 1<<15
	x.Control = x.Control&0x1f3f | 0x40
	x.Status &^= summary
	if x.Status&^x.Control&exceptions != 0 {
		x.Status |= summary
	}
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
		return FaultErr(VecGP, 0)
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
		return FaultErr(VecGP, 0)
	}
	var loaded regs.Extended
	loaded.FXLoad((*[FXSize]byte)(b[:FXSize]), n)
	takeUpper(b[:], &loaded, n)
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

func takeUpper(b []byte, x *regs.Extended, n int) {
	for i := range n {
		x.YMM[i][2] = binary.LittleEndian.Uint64(b[XSaveUpper+16*i:])
		x.YMM[i][3] = binary.LittleEndian.Uint64(b[XSaveUpper+16*i+8:])
	}
}

// restoreComponents takes the components of from, and gives those of mask that
// are not among them their state after reset; of the first n vector registers,
// and without MXCSR.
func (c *CPU) restoreComponents(loaded *regs.Extended, mask, from uint64, n int) {
	x := c.changeExtended()
	if mask&xstateX87 != 0 {
		x.X87 = resetExtended.X87
		if from&xstateX87 != 0 {
			x.X87 = loaded.X87
		}
	}
	for i := range n {
		to, v := &x.YMM[i], loaded.YMM[i]
		if mask&xstateSSE != 0 {
			if from&xstateSSE == 0 {
				v[0], v[1] = 0, 0
			}
			to[0], to[1] = v[0], v[1]
		}
		if mask&xstateAVX != 0 {
			if from&xstateAVX == 0 {
				v[2], v[3] = 0, 0
			}
			to[2], to[3] = v[2], v[3]
		}
	}
}

// checkHeader judges the header of XSAVE's area (SDM vol. 1, 13.8.1, 13.8.2).
func checkHeader(h []byte, xcr0 uint64) (compacted, ok bool) {
	le := binary.LittleEndian
	bv, comp := le.Uint64(h), le.Uint64(h[xsaveCompBV:])
	compacted = comp&xsaveCompacted != 0
	reserved := h[xsaveReserved:]
	if !compacted {
		if comp != 0 || bv&^xcr0 != 0 {
			return false, false
		}
		reserved = reserved[:8]
	} else if comp &^= xsaveCompacted; comp&^xcr0 != 0 || bv&^comp != 0 {
		return true, false
	}
	for _, b := range reserved {
		if b != 0 {
			return compacted, false
		}
	}
	return compacted, true
}

// XRestore loads what XSave wrote, or a program has made of it: as XRSTOR with
// the components of mask. It reports false for a header or MXCSR that is #GP.
func (m *Machine) XRestore(c *CPU, b *[XSaveSize]byte, mask uint64) bool {
	compacted, ok := checkHeader(b[xsaveHeader:XSaveUpper], xcr0Bits)
	mxcsr := binary.LittleEndian.Uint32(b[regs.FXMXCSR:])
	if !ok || compacted || mxcsr&^regs.MXCSRMask != 0 {
		return false
	}
	n := m.Arch.xmmCount()
	var loaded regs.Extended
	loaded.FXLoad((*[FXSize]byte)(b[:FXSize]), n)
	takeUpper(b[:], &loaded, n)
	c.restoreComponents(&loaded, mask&xcr0Bits, mask&binary.LittleEndian.Uint64(b[xsaveHeader:]), n)
	if mask&(xstateSSE|xstateAVX) != 0 {
		c.ext.MXCSR = mxcsr
	}
	return true
}
