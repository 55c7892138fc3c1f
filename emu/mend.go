package emu

import (
	"bytes"

	"trapline/emu/insn"
	"trapline/emu/unicorn"
)

// mendOp names what must be checked before, or put right after, the library
// runs an instruction: the library differs from the processor there. Each
// was found by the comparison in package silicon.
type mendOp uint8

const (
	mendNone       mendOp = iota
	mendAlign             // #GP(0) if the operand is not on a 16-byte boundary
	mendWriteCycle        // CMPXCHG8B asks for a writable operand even when it does not store
	mendCmpxchg           // a 32-bit register that does not compare equal keeps its upper half
	mendHorizontal        // PHADDx and PHSUBx of a register with itself read what they just wrote
)

func mendOf(in *insn.Inst) mendOp {
	switch {
	case mustAlign(in):
		return mendAlign
	case in.Map == insn.Map0F && in.Opcode == 0xc7 && in.HasMemory() && in.Digit() == 1:
		return mendWriteCycle
	case in.Map == insn.Map0F && in.Opcode == 0xb1 && in.Mod() == 3 && in.OperandBits == 32 && in.Mode.Is64():
		return mendCmpxchg
	case in.Map == insn.Map0F38 && in.Vex.Kind == insn.VexNone && in.Mod() == 3 && regReg(in) == rmReg(in) &&
		horizontal.has(in.Opcode):
		return mendHorizontal
	}
	return mendNone
}

// horizontal are PHADDW, PHADDD, PHADDSW, PHSUBW, PHSUBD, PHSUBSW.
var horizontal = join(span(0x01, 0x03), span(0x05, 0x07))

// runMended is runLibrary with what the library lacks.
func (m *Machine) runMended(c *CPU, v *view, d *decoded) *Trap {
	if d.mend == mendNone {
		return m.runLibrary(c, v, d)
	}
	t := m.mendBefore(c, d)
	if t == nil {
		t = m.runLibrary(c, v, d)
	}
	if t == nil {
		m.mendAfter(c, d)
	}
	return t
}

// mendBefore gives the fault that the library would miss.
func (m *Machine) mendBefore(c *CPU, d *decoded) *Trap {
	switch d.mend {
	case mendAlign:
		if c.EffectiveAddress(&d.in)%16 != 0 {
			return FaultErr(VecGP, 0)
		}
		if isCmpxchg16B(&d.in) {
			return m.checkOperand(c, &d.in, 16, accessWrite)
		}
	case mendWriteCycle:
		return m.checkOperand(c, &d.in, 8, accessWrite)
	}
	return nil
}

func isCmpxchg16B(in *insn.Inst) bool { return in.Map == insn.Map0F && in.Opcode == 0xc7 }

// mendAfter puts right what the library got wrong.
func (m *Machine) mendAfter(c *CPU, d *decoded) {
	before := &m.ev.Before
	switch r := rmReg(&d.in); d.mend {
	case mendCmpxchg:
		if uint32(before.GPR[r]) != uint32(before.GPR[RAX]) {
			c.GPR[r] = before.GPR[r]
			c.on = nil
		}
	case mendHorizontal:
		m.mendHorizontalOp(c, &d.in)
	}
}

// Offsets in the FXSAVE image (SDM vol. 1, table 10-2), 16 bytes a register.
const (
	fxST  = 32
	fxXMM = 160
)

// mendHorizontalOp: both halves of the result are the same sums; the low one,
// which the library makes first, is right.
func (m *Machine) mendHorizontalOp(c *CPU, in *insn.Inst) {
	var fx [unicorn.FXSize]byte
	at, half := fxXMM+16*int(rmReg(in)), 8
	if err := m.FXSave(c, &fx); err != nil {
		m.fail(err)
		return
	}
	if !in.OpSize {
		at, half = fxST+16*in.RM(), 4 // MMX: TOP is 0, so ST(i) is MMi
	}
	copy(fx[at+half:], bytes.Clone(fx[at:at+half]))
	if err := m.FXRestore(c, &fx); err != nil {
		m.fail(err)
	}
}
