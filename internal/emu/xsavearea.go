package emu

import (
	"encoding/binary"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
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

// The parts of FXSAVE's area that belong to a component.
var (
	areaX87   = [][2]int{{0, regs.FXMXCSR}, {regs.FXST, regs.FXXMM}}
	areaMXCSR = [2]int{regs.FXMXCSR, regs.FXST}
)

// areaSSE are the XMM registers.
func areaSSE(n int) [2]int { return [2]int{regs.FXXMM, regs.FXXMM + 16*n} }

// areaAVX are the upper halves of the YMM registers.
func areaAVX(n int) [2]int { return [2]int{XSaveUpper, XSaveUpper + 16*n} }

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

// putState writes all components with n vector registers; wide is FXSave's.
func putState(b *[XSaveSize]byte, x *regs.Extended, n int, wide bool) {
	x.FXSave((*[FXSize]byte)(b[:FXSize]), n, wide)
	for i := range n {
		binary.LittleEndian.PutUint64(b[XSaveUpper+16*i:], x.YMM[i][2])
		binary.LittleEndian.PutUint64(b[XSaveUpper+16*i+8:], x.YMM[i][3])
	}
}

// takeState is putState's reverse.
func takeState(b *[XSaveSize]byte, n int, wide bool) (x regs.Extended) {
	x.FXLoad((*[FXSize]byte)(b[:FXSize]), n, wide)
	for i := range n {
		x.YMM[i][2] = binary.LittleEndian.Uint64(b[XSaveUpper+16*i:])
		x.YMM[i][3] = binary.LittleEndian.Uint64(b[XSaveUpper+16*i+8:])
	}
	return x
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
	n := xmmCount(m.Arch)
	*b = [XSaveSize]byte{}
	putState(b, x, n, m.Arch == x86.AMD64)
	bv := inUse(x, n)
	if x.MXCSR != regs.MXCSRReset {
		bv |= xstateSSE
	}
	binary.LittleEndian.PutUint64(b[xsaveHeader:], bv)
}

// XRestore loads what XSave wrote, or a program has made of it: as XRSTOR with
// the components of mask. It reports false for a header or MXCSR that is #GP.
func (m *Machine) XRestore(c *CPU, b *[XSaveSize]byte, mask uint64) bool {
	compacted, ok := checkHeader(b[xsaveHeader:XSaveUpper], xcr0Bits)
	mxcsr := binary.LittleEndian.Uint32(b[regs.FXMXCSR:])
	if !ok || compacted || mxcsr&^regs.MXCSRMask != 0 {
		return false
	}
	n := xmmCount(m.Arch)
	loaded := takeState(b, n, m.Arch == x86.AMD64)
	c.restoreComponents(&loaded, mask&xcr0Bits, mask&binary.LittleEndian.Uint64(b[xsaveHeader:]), n)
	if mask&(xstateSSE|xstateAVX) != 0 {
		c.ext.MXCSR = mxcsr
	}
	return true
}
