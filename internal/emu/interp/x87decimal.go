package interp

import (
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
)

const (
	decimalDigits = 18
	decimalLimit  = 1_000_000_000_000_000_000
)

// fbld is FBLD: 18 decimal digits and a sign.
func fbld(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	e := x.environment()
	packed, ok := o.load80(c, m)
	if !ok {
		return Refused
	}
	v := uint64(packed.SE>>4&15)*10 + uint64(packed.SE&15)
	for shift := 60; shift >= 0; shift -= 4 {
		v = v*10 + packed.Mant>>shift&15
	}
	r := e.ConvertExt(softfloat.FromInt(int64(v)))
	r.SE |= packed.SE & 0x8000
	return x.pushOrFault(r, &e)
}

// fbstp is FBSTP: it rounds ST(0) to an integer of 18 decimal digits and pops.
func fbstp(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	keep := *x
	indefinite := softfloat.Ext{SE: 0xffff, Mant: 0xc000000000000000}
	packed := indefinite
	var stored bool
	if x.has(0) {
		e := x.environment()
		st := x.st(0)
		v := e.ToInt(st.Unpack(), 64, e.Rounding)
		magnitude := uint64(max(v, -v))
		if magnitude >= decimalLimit {
			e.Flags, e.Away = softfloat.Invalid, false
		}
		if e.Flags&softfloat.Invalid == 0 {
			packed = packDigits(magnitude)
			packed.SE |= st.SE & 0x8000
		}
		stored = x.settle(&e)
	} else {
		stored = x.stackFault(false)
	}
	if stored && !o.store80(c, m, packed) || !stored && !o.writable(c, m, real80) {
		*x = keep
		return Refused
	}
	if stored {
		x.pop()
	}
	return Done
}

// packDigits is v as packed decimal digits.
func packDigits(v uint64) (p softfloat.Ext) {
	for i := range decimalDigits {
		if i < 16 {
			p.Mant |= v % 10 << (4 * i)
		} else {
			p.SE |= uint16(v % 10 << (4 * (i - 16)))
		}
		v /= 10
	}
	return p
}
