package silicon

import "golang.org/x/arch/x86/x86asm"

// shift is what the flags of a shift or rotate depend on.
type shift struct {
	count int // after masking to 5 or 6 bits
	size  int // of the destination, in bits
}

// counted holds the operations whose effect depends on the count: with a count of
// zero they leave the flags alone, and only a count of one defines OF.
var counted = map[x86asm.Op]func(shift) Effect{
	x86asm.SHL: shiftEffect, x86asm.SHR: shiftEffect, x86asm.SAR: arithmeticShiftEffect,
	x86asm.ROL: rotateEffect, x86asm.ROR: rotateEffect,
	x86asm.RCL: rotateCarryEffect, x86asm.RCR: rotateCarryEffect,
	x86asm.SHLD: doubleShiftEffect, x86asm.SHRD: doubleShiftEffect,
}

// undefineOverflow moves OF from written to undefined unless the count is one.
func (s shift) undefineOverflow(e Effect) Effect {
	if s.count == 0 {
		return Effect{}
	}
	if s.count != 1 {
		e.Writes &^= OF
		e.Undefined |= OF
	}
	return e
}

func arithmeticShiftEffect(s shift) Effect { return s.undefineOverflow(logic) }

func shiftEffect(s shift) Effect {
	e := logic
	if s.count >= s.size {
		e.Writes &^= CF
		e.Undefined |= CF
	}
	return s.undefineOverflow(e)
}

func doubleShiftEffect(s shift) Effect {
	if s.count > s.size {
		return Effect{Undefined: StatusFlags} // and so is the destination
	}
	return s.undefineOverflow(logic)
}

func rotateEffect(s shift) Effect { return s.undefineOverflow(Effect{Writes: CF | OF}) }

func rotateCarryEffect(s shift) Effect {
	e := s.undefineOverflow(Effect{Writes: CF | OF})
	if s.count != 0 {
		e.Reads = CF
	}
	return e
}

// shiftOf returns the count and size of a shift or rotate.
func shiftOf(inst x86asm.Inst, before *State) shift {
	s := shift{size: inst.MemBytes * 8}
	if r, ok := inst.Args[0].(x86asm.Reg); ok {
		s.size = registerSize(r)
	}
	for _, source := range inst.Args[1:] {
		if immediate, ok := source.(x86asm.Imm); ok {
			s.count = int(immediate & 0xff)
		} else if source == x86asm.CL {
			s.count = int(before.GPR[RCX] & 0xff)
		}
	}
	if s.size == 64 {
		s.count &= 0x3f
	} else {
		s.count &= 0x1f
	}
	return s
}

// registerSize returns the width in bits of a general register.
func registerSize(r x86asm.Reg) int {
	switch {
	case r >= x86asm.AL && r <= x86asm.R15B:
		return 8
	case r >= x86asm.AX && r <= x86asm.R15W:
		return 16
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return 32
	}
	return 64
}
