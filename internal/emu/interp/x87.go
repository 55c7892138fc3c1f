package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
	"trapline/internal/x86"
)

// x87Handler runs one kind of x87 instruction. Nothing has changed unless it ends in Done.
type x87Handler func(x *fpu, c *regs.Core, m Memory, o *Op) Outcome

// fpu is the x87 unit.
type fpu regs.X87

// Top is the physical register that is ST(0).
func (x *fpu) Top() int { return (*regs.X87)(x).Top() }

// Bits of the status word (SDM vol. 1, 8.1.3). Exceptions are the six lowest, as in softfloat.Flags.
const (
	fswStack uint16 = 1 << 6 // SF: IE is a stack fault
	fswES    uint16 = 1 << 7 // an unmasked exception is pending
	fswC0    uint16 = 1 << 8
	fswC1    uint16 = 1 << 9
	fswC2    uint16 = 1 << 10
	fswTop   uint16 = 7 << 11
	fswC3    uint16 = 1 << 14
	fswBusy  uint16 = 1 << 15 // the same as ES

	fswExceptions = 0x3f
	fswCompared   = fswC0 | fswC2 | fswC3
)

// Bits of the control word (SDM vol. 1, 8.1.5).
const (
	fcwMasks    uint16 = 0x3f
	fcwReserved uint16 = 1 << 6 // reads as one
	fcwDefined  uint16 = 0x1f3f
	fcwInitial  uint16 = 0x37f
)

// x87 prepares D8 to DF and WAIT (SDM vol. 2, tables ).
func x87(o *Op, in *insn.Inst) handler {
	if in.Opcode == 0x9b {
		o.x87, o.control = fwait, true
		return nil
	}
	o.fop = uint16(in.Opcode&7)<<8 | uint16(in.ModRM)
	o.code = in.ModRM & 7
	if o.mem {
		o.x87 = x87Memory(o, in)
	} else {
		o.x87 = x87Register(o, in)
	}
	return nil
}

// runX87 runs an x87 instruction: a waiting one is #MF while an exception is pending (SDM vol. 1, 8.6).
func (o *Op) runX87(c *regs.Core, x *regs.X87, m Memory) Outcome {
	if !o.atOnce && x.Status&fswES != 0 {
		return MathFault
	}
	if out := o.x87((*fpu)(x), c, m, o); out != Done {
		return out
	}
	if !o.control { // none of these changes a general register
		l := &x.Last
		l.IP, l.CS, l.Opcode = c.RIP, uint16(c.Seg[x86.CS].Sel), o.fop
		if o.mem {
			l.DP, l.DS = o.offset(c), uint16(c.Seg[o.seg].Sel)
		}
	}
	return o.done(c)
}

// environment is what an operation rounds by.
func (x *fpu) environment() softfloat.Env {
	return softfloat.Env{
		Rounding:  softfloat.Rounding(x.Control >> 10 & 3),
		Precision: [4]uint8{24, 0, 53, 64}[x.Control>>8&3], // 1 is reserved
		Unmasked:  softfloat.Flags(^x.Control & fcwMasks),
	}
}

// before are the exceptions that are found before an operation has a result.
const before = softfloat.Invalid | softfloat.Denormal | softfloat.ZeroDiv

// settle takes an operation's exceptions over, and reports whether it has a result: not if one that was found
// before is unmasked (SDM vol. 1, 8.5).
func (x *fpu) settle(e *softfloat.Env) bool {
	flags := e.Flags
	has := flags&before&e.Unmasked == 0
	if !has {
		flags &= before
	}
	x.Status = x.Status&^fswC1 | uint16(flags)
	if has && e.Away {
		x.Status |= fswC1
	}
	x.summarise()
	return has
}

// summarise makes ES and B of the exceptions and masks.
func (x *fpu) summarise() {
	x.Status &^= fswES | fswBusy
	if x.Status&^x.Control&fswExceptions != 0 {
		x.Status |= fswES | fswBusy
	}
}

// stackFault raises IE with SF, C1 saying that it is an overflow, and reports whether IE is masked.
func (x *fpu) stackFault(overflow bool) (masked bool) {
	x.Status = x.Status&^fswC1 | fswStack | uint16(softfloat.Invalid)
	if overflow {
		x.Status |= fswC1
	}
	x.summarise()
	return x.Control&uint16(softfloat.Invalid) != 0
}

// index is the physical register that is ST(i).
func (x *fpu) index(i uint8) int { return (x.Top() + int(i)) & 7 }

// has reports whether ST(i) is in use.
func (x *fpu) has(i uint8) bool { return x.Tags>>x.index(i)&1 != 0 }

func (x *fpu) st(i uint8) softfloat.Ext {
	r := &x.R[x.index(i)]
	return softfloat.Ext{SE: r.SignExp, Mant: r.Mantissa}
}

// number is ST(i), or the indefinite NaN for an empty one.
func (x *fpu) number(i uint8) softfloat.Number { return x.st(i).Unpack() }

// set writes ST(i), which is in use from then on.
func (x *fpu) set(i uint8, v softfloat.Ext) {
	n := x.index(i)
	x.R[n] = regs.Float80{Mantissa: v.Mant, SignExp: v.SE}
	x.Tags |= 1 << n
}

func (x *fpu) setTop(top int) { x.Status = x.Status&^fswTop | uint16(top&7)<<11 }

func (x *fpu) pop() {
	x.Tags &^= 1 << x.Top()
	x.setTop(x.Top() + 1)
}

func (x *fpu) push(v softfloat.Ext) {
	x.setTop(x.Top() - 1)
	x.set(0, v)
}

// full reports whether a push would overflow.
func (x *fpu) full() bool { return x.has(7) }

// pushOrFault pushes what a load has made under e: a denormal operand too, if DE is unmasked (silicon).
func (x *fpu) pushOrFault(v softfloat.Ext, e *softfloat.Env) Outcome {
	switch {
	case x.full():
		if x.stackFault(true) {
			x.push(softfloat.Indefinite())
		}
	case x.settle(e) || e.Flags&softfloat.Invalid == 0:
		x.push(v)
	}
	return Done
}

func (x *fpu) setCondition(codes uint16) { x.Status = x.Status&^fswCompared | codes }

// fwait is WAIT.
func fwait(*fpu, *regs.Core, Memory, *Op) Outcome { return Done }
