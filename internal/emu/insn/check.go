package insn

import "fmt"

// Reasons for ErrInvalid.
var (
	errUndefined = fmt.Errorf("%w: undefined opcode", ErrInvalid)
	errOnly32    = fmt.Errorf("%w: not in 64-bit mode", ErrInvalid)
	errOnly64    = fmt.Errorf("%w: only in 64-bit mode", ErrInvalid)
	errLock      = fmt.Errorf("%w: LOCK on an instruction or operand that cannot be locked", ErrInvalid)
	errMemOnly   = fmt.Errorf("%w: register operand, want memory", ErrInvalid)
	errRegOnly   = fmt.Errorf("%w: memory operand, want a register", ErrInvalid)
	errCR        = fmt.Errorf("%w: no such control register", ErrInvalid)
	errDR        = fmt.Errorf("%w: no such debug register", ErrInvalid)
	errVexPrefix = fmt.Errorf("%w: 66, F2, F3, LOCK or REX before VEX or EVEX", ErrInvalid)
	errVexW      = fmt.Errorf("%w: VEX.W", ErrInvalid)
	errVexL      = fmt.Errorf("%w: VEX.L", ErrInvalid)
	errVexV      = fmt.Errorf("%w: VEX.vvvv must be 1111b", ErrInvalid)
	errSIB       = fmt.Errorf("%w: memory operand without SIB", ErrInvalid)
)

// check judges the encoding as a whole, when all of it has been read.
func (d *decoder) check() error {
	f := d.form
	switch {
	case f&undefined != 0:
		return errUndefined
	case f&only32 != 0 && d.Mode.Is64():
		return errOnly32
	case f&only64 != 0 && !d.Mode.Is64():
		return errOnly64
	case d.Vex.Kind != VexNone:
		if err := d.checkVex(); err != nil {
			return err
		}
	case d.Lock && !d.Lockable():
		return errLock
	}
	if f&(memOnly|regOnly|needSIB|modIgnored) == 0 {
		return nil
	}
	memory := d.HasMemory()
	switch {
	case f&memOnly != 0 && !memory:
		return errMemOnly
	case f&regOnly != 0 && memory:
		return errRegOnly
	case f&needSIB != 0 && !d.HasSIB:
		return errSIB
	case f&modIgnored != 0:
		return d.checkSystemRegister()
	}
	return nil
}

// checkSystemRegister refuses the registers that REX.R leads to, other than cr8 (SDM vol. 2, MOV CR and MOV DR).
func (d *decoder) checkSystemRegister() error {
	switch {
	case d.REX&RexR == 0:
		return nil
	case d.attr.Has(DR):
		return errDR
	case d.Digit() != 0:
		return errCR
	}
	return nil
}

// checkVex judges the fields of VEX and EVEX, but not EVEX's masking, broadcast and rounding bits, nor that the
// registers of a gather must differ: what is allowed there differs from one instruction to the next.
func (d *decoder) checkVex() error {
	v, f := &d.Vex, d.form
	switch {
	case d.Lock || d.Rep || d.Repne || d.OpSize || d.REX != 0:
		return errVexPrefix
	case f&w0 != 0 && v.W, f&w1 != 0 && !v.W:
		return errVexW
	case f&l0 != 0 && v.L != 0, f&l1 != 0 && v.L == 0, f&l2 != 0 && v.L != 2:
		return errVexL
	case (f&noV != 0 || f&memNoV != 0 && d.HasMemory()) && (v.VVVV != 0 || v.VHi && f&vectorIndex == 0):
		return errVexV
	}
	return nil
}
