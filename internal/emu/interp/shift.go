package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// The operations of C0, C1, D0-D3, by digit; /6 is /4 (APM vol. 3, table A-6).
const (
	opRol = iota
	opRor
	opRcl
	opRcr
	opShl
	opShr
	_
	opSar
)

// shift prepares C0, C1, D0-D3.
func shift(o *Op, in *insn.Inst) handler {
	o.byteIfEven(in)
	o.code = uint8(in.Digit())
	if o.code == 6 {
		o.code = opShl
	}
	switch in.Opcode &^ 1 {
	case 0xd0:
		o.imm = 1
	case 0xd2:
		return shiftCL
	}
	o.imm &= o.countMask()
	return shiftImm
}

// countMask cuts a shift count: to 6 bits for 64-bit operands, else to 5.
func (o *Op) countMask() uint64 {
	if o.size == 8 {
		return 63
	}
	return 31
}

func shiftImm(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) {
		return shifted(o, v, uint(o.imm), c.RFLAGS)
	})
}

func shiftCL(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) {
		return shifted(o, v, o.countCL(c), c.RFLAGS)
	})
}

func (o *Op) countCL(c *regs.Core) uint { return uint(c.GPR[x86.RCX] & o.countMask()) }

// shifted is the result and the flags of a shift or rotate by n < 64.
func shifted(o *Op, v uint64, n uint, flags uint64) (r, f uint64) {
	if n == 0 {
		return v, flags
	}
	if o.code <= opRcr {
		return rotated(o, v, n, flags)
	}
	last := v // shifted by n - 1
	switch o.code {
	case opShl:
		last = v << (n - 1)
		r = last << 1 & o.mask
		return r, flags&^x86.FlagsStatus | shiftFlags(last>>(o.bits-1)&1, last, r, o.bits)
	case opShr:
		last = v >> (n - 1)
		r = last >> 1
	case opSar:
		wide := signed(v, o.bits) >> (n - 1)
		last, r = uint64(wide)&o.mask, uint64(wide>>1)&o.mask
	}
	return r, flags&^x86.FlagsStatus | shiftFlags(last&1, last, r, o.bits)
}

// shiftFlags are the flags of a shift whose last step made r of last. OF, undefined for more than one step, is
// that step's; AF, undefined, is 0.
func shiftFlags(carry, last, r uint64, width uint8) uint64 {
	return carry | (last^r)>>(width-1)&1<<11 | resultFlags(r, width)
}

// rotated is ROL, ROR, RCL, RCR. OF, undefined for more than one step, is of ROL and ROR the last step's, of
// RCL and RCR whether the sign has changed. SF, ZF, AF and PF stay.
func rotated(o *Op, v uint64, n uint, flags uint64) (r, f uint64) {
	width := uint(o.bits)
	var carry, overflow uint64
	switch o.code {
	case opRol:
		n %= width
		r = (v<<n | v>>(width-n)) & o.mask
		carry = r & 1
		overflow = r>>(width-1)&1 ^ carry
	case opRor:
		n %= width
		r = (v>>n | v<<(width-n)) & o.mask
		carry = r >> (width - 1) & 1
		overflow = r>>(width-2)&1 ^ carry
	default:
		if n %= width + 1; n == 0 {
			return v, flags
		}
		in := flags & x86.CF
		if o.code == opRcl {
			r = (v<<n | in<<(n-1) | v>>(width+1-n)) & o.mask
			carry = v >> (width - n) & 1
		} else {
			r = (v>>n | in<<(width-n) | v<<(width+1-n)) & o.mask
			carry = v >> (n - 1) & 1
		}
		overflow = (v ^ r) >> (width - 1) & 1
	}
	return r, flags&^(x86.CF|x86.OF) | carry | overflow<<11
}

// doubleShift prepares SHLD and SHRD: 0F A4, A5, AC, AD.
func doubleShift(o *Op, in *insn.Inst) handler {
	o.code = in.Opcode >> 3 & 1
	o.imm &= o.countMask()
	if in.Opcode&1 == 0 {
		return doubleShiftImm
	}
	return doubleShiftCL
}

func doubleShiftImm(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) {
		return doubleShifted(o, v, o.reg.read(c)&o.mask, uint(o.imm), c.RFLAGS)
	})
}

func doubleShiftCL(c *regs.Core, m Memory, o *Op) Outcome {
	return o.change(c, m, func(c *regs.Core, o *Op, v uint64) (uint64, uint64) {
		return doubleShifted(o, v, o.reg.read(c)&o.mask, o.countCL(c), c.RFLAGS)
	})
}

// doubleShifted is the result and the flags of SHLD and SHRD by n < 64. A shift of 16 bits by 17 to 31,
// undefined, goes on with the destination behind the source, as on Intel's processors.
func doubleShifted(o *Op, v, src uint64, n uint, flags uint64) (r, f uint64) {
	if n == 0 {
		return v, flags
	}
	step := func(n uint) uint64 {
		if n == 0 {
			return v
		}
		width := uint(o.bits)
		a, b := v, src
		if n > width {
			a, b, n = src, v, n-width
		}
		if o.code == 0 {
			return (a<<n | b>>(width-n)) & o.mask
		}
		return (a>>n | b<<(width-n)) & o.mask
	}
	last := step(n - 1)
	r = step(n)
	if o.code == 1 && o.size == 8 {
		last = v >> (n - 1) // OF, undefined for more than one step: of a shift without the source
	}
	carry := last & 1
	if o.code == 0 {
		carry = last >> (o.bits - 1) & 1
	}
	return r, flags&^x86.FlagsStatus | shiftFlags(carry, last, r, o.bits)
}
