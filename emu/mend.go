package emu

import (
	"bytes"

	"trapline/emu/insn"
	"trapline/emu/regs"
)

// mendSet names what must be checked before, or put right after, the library
// runs an instruction: the library differs from the processor there. Each
// was found by the comparison in package silicon.
type mendSet uint8

const (
	mendAlign      mendSet = 1 << iota // #GP(0) if the operand is not on a 16-byte boundary
	mendHorizontal                     // PHADDx and PHSUBx of a register with itself read what they just wrote
	mendMMX                            // an MMX register that is written gets an exponent of all ones; EMMS sets TOP to 0
	mendPrefix                         // a REX byte before a legacy prefix, 66 beside F2 or F3, an override behind FS or GS mean nothing
	mendPartial                        // MMX and SSE state stays as it was if an access faults
)

func mendsOf(in *insn.Inst) (s mendSet) {
	legacy := in.Vex.Kind == insn.VexNone
	if in.VoidREX || in.VoidSeg || voidOpSize(in) {
		s = mendPrefix
	}
	switch {
	case mustAlign(in):
		s |= mendAlign
	case legacy && in.HasMemory() && touchesFPU(in):
		s |= mendPartial
	}
	if legacy && in.Map == insn.Map0F38 && in.Mod() == 3 && regReg(in) == rmReg(in) && horizontal.has(in.Opcode) {
		s |= mendHorizontal
	}
	if in.Attr().Has(insn.MMX) {
		s |= mendMMX
	}
	return s
}

// horizontal are PHADDW, PHADDD, PHADDSW, PHSUBW, PHSUBD, PHSUBSW.
var horizontal = join(span(0x01, 0x03), span(0x05, 0x07))

// runMended is runLibrary with what the library lacks: a device that is not
// available comes before the alignment that it does not check, and EM before TS.
func (m *Machine) runMended(c *CPU, d *decoded) *Trap {
	if t := c.deviceFault(&d.in); t != nil {
		return t
	}
	v, err := c.Space.view(c.User())
	if err != nil {
		m.fail(err)
		return Fault(VecUD)
	}
	code := m.staleCode(d)
	if d.mends == 0 && !c.confined(&d.in) {
		return m.runLibrary(c, v, d, code)
	}
	if t := m.mendBefore(c, d); t != nil {
		return t
	}
	restore := m.keepFPU(c, d)
	if d.mends&mendPrefix != 0 {
		code = withoutVoid(d)
	}
	t := m.runLibrary(c, v, d, code)
	if t == nil {
		t = m.confine(c, d)
	}
	switch {
	case t == nil:
		m.mendAfter(c, d)
	case restore != nil:
		c.setExtended(restore)
	}
	return t
}

// mendBefore gives the fault that the library would miss.
func (m *Machine) mendBefore(c *CPU, d *decoded) *Trap {
	if d.mends&mendAlign != 0 && c.EffectiveAddress(&d.in)%16 != 0 {
		return FaultErr(VecGP, 0)
	}
	return nil
}

// voidOpSize reports whether 66 means nothing because F2 or F3 chooses the SSE
// instruction (SDM vol. 2, 2.1.2): the library looks at 66 first.
func voidOpSize(in *insn.Inst) bool {
	return in.OpSize && (in.Rep || in.Repne) && in.Attr().Has(insn.SSE|insn.MMX) && in.Vex.Kind == insn.VexNone
}

// withoutVoid is d's code with another prefix in the place of each one that
// means nothing, since the library would obey it: of a REX byte, a copy of the
// prefix behind it.
func withoutVoid(d *decoded) []byte {
	const rex, rexMask = 0x40, 0xf0
	code := d.bytes
	for i := range d.in.PrefixLen {
		switch b := code[i]; {
		case b == 0x66 && voidOpSize(&d.in):
			code[i] = map[bool]byte{true: 0xf3, false: 0xf2}[d.in.Rep]
		case b&^0x18 == 0x26 && d.in.VoidSeg:
			code[i] = map[bool]byte{true: 0x64, false: 0x65}[d.in.Seg == insn.SegFS]
		}
	}
	for i := d.in.PrefixLen - 2; i >= 0; i-- {
		if code[i]&rexMask == rex {
			code[i] = code[i+1]
		}
	}
	return code[:d.n]
}

// keepFPU copies the MMX and SSE state before an instruction that may change it
// and then fault: an MMX one, one whose operand may cross into another page.
func (m *Machine) keepFPU(c *CPU, d *decoded) *regs.Extended {
	if d.mends&mendPartial == 0 {
		return nil
	}
	crosses := c.EffectiveAddress(&d.in)%PageSize > PageSize-FXSize
	if !crosses && !d.in.Attr().Has(insn.MMX) && !c.confined(&d.in) {
		return nil
	}
	x := *c.extended()
	return &x
}

// mendAfter puts right what the library got wrong.
func (m *Machine) mendAfter(c *CPU, d *decoded) {
	if d.mends&mendHorizontal != 0 {
		m.editFPU(c, func(fx []byte) { mendHorizontalOp(&d.in, fx) })
	}
	if d.mends&mendMMX != 0 {
		m.editFPU(c, func(fx []byte) { mendMMXOp(&d.in, fx) })
	}
}

// editFPU changes the x87 and SSE state in the form of an FXSAVE image.
func (m *Machine) editFPU(c *CPU, edit func(fx []byte)) {
	var fx [FXSize]byte
	m.FXSave(c, &fx)
	edit(fx[:])
	m.FXRestore(c, &fx)
}

// Offsets in the FXSAVE image (SDM vol. 1, table 10-2), 16 bytes a register.
const (
	fxStatus = 2
	fxST     = 32
	fxXMM    = 160
)

// mendHorizontalOp: both halves of the result are the same sums; the low one,
// which the library makes first, is right.
func mendHorizontalOp(in *insn.Inst, fx []byte) {
	at, half := fxXMM+16*int(rmReg(in)), 8
	if !in.OpSize {
		at, half = fxST+16*in.RM(), 4 // MMX: TOP is 0, so ST(i) is MMi
	}
	copy(fx[at+half:at+2*half], fx[at:at+half])
}

// mendMMXOp sets what an MMX instruction does beside its operation (SDM vol.
// 3, 12.2).
func mendMMXOp(in *insn.Inst, fx []byte) {
	if in.Map == insn.Map0F && in.Opcode == 0x77 {
		top := int(fx[fxStatus+1] >> 3 & 7)
		st := bytes.Clone(fx[fxST:fxXMM])
		for i := range 8 { // the image is relative to TOP, the registers stay where they are
			copy(fx[fxST+16*((top+i)&7):], st[16*i:16*(i+1)])
		}
		fx[fxStatus+1] &^= 7 << 3
		return
	}
	if r, ok := mmxDestination(in); ok {
		at := fxST + 16*r // TOP is 0
		fx[at+8], fx[at+9] = 0xff, 0xff
	}
}

// mmxDestination is the MMX register that in writes.
func mmxDestination(in *insn.Inst) (int, bool) {
	if in.Map == insn.Map0F {
		switch in.Opcode {
		case 0x7e, 0xc5, 0xd7, 0xe7, 0xf7, 0x2a: // to memory, a general or an XMM register
			return 0, false
		case 0x7f:
			return in.RM(), in.Mod() == 3
		case 0x71, 0x72, 0x73:
			return in.RM(), true
		case 0xd6: // MOVQ2DQ, MOVDQ2Q
			return in.Digit(), in.Repne
		}
	}
	return in.Digit(), true
}
