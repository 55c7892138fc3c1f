package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// mendSet names what must be checked before, or put right after, the library
// runs an instruction: the library differs from the processor there. Each
// was found by the comparison in package silicon.
type mendSet uint8

const (
	mendAlign   mendSet = 1 << iota // #GP(0) if the operand is not on a 16-byte boundary
	mendPrefix                      // a REX byte before a legacy prefix, 66 beside F2 or F3, an override behind FS or GS mean nothing
	mendPartial                     // SSE state stays as it was if an access faults
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
		return Fault(x86.VecUD)
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
	if t != nil && restore != nil {
		c.setExtended(restore)
	}
	return t
}

// mendBefore gives the fault that the library would miss.
func (m *Machine) mendBefore(c *CPU, d *decoded) *Trap {
	if d.mends&mendAlign != 0 && c.EffectiveAddress(&d.in)%16 != 0 {
		return FaultErr(x86.VecGP, 0)
	}
	return nil
}

// voidOpSize reports whether 66 means nothing because F2 or F3 chooses the SSE
// instruction (SDM vol. 2, 2.1.2): the library looks at 66 first.
func voidOpSize(in *insn.Inst) bool {
	return in.OpSize && (in.Rep || in.Repne) && in.Attr().Has(insn.SSE) && in.Vex.Kind == insn.VexNone
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

// keepFPU copies the SSE state before an instruction that may change it and
// then fault: one whose operand may cross into another page.
func (m *Machine) keepFPU(c *CPU, d *decoded) *regs.Extended {
	if d.mends&mendPartial == 0 {
		return nil
	}
	crosses := c.EffectiveAddress(&d.in)%PageSize > PageSize-FXSize
	if !crosses && !c.confined(&d.in) {
		return nil
	}
	x := *c.extended()
	return &x
}
