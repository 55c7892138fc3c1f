package softfloat

import "math/bits"

// The operations of this file take packed extended numbers. Where operands are normal and the result is away from the edges
// of the format, no exception is possible but PE, and nothing need be unpacked: quick does the same integer arithmetic on the
// significands. All other cases go to the general operations; TestQuickIsGeneral compares both.

// normal reports whether x is a normal number.
func (x Ext) normal() bool { return (x.SE&extMax)-1 < extMax-1 && x.Mant&integerBit != 0 }

// negative is -x, of what is no NaN.
func (x Ext) negative() Ext { return Ext{x.SE ^ extSign, x.Mant} }

// edge is how far from the least and the greatest exponent results are left to the general operations.
const edge = 4

// quick rounds (hi:lo / 2^127) 2^exp, exp biased; sign is the sign bit in its place. The top bit of hi is set.
func (e *Env) quick(sign uint16, exp int32, hi, lo uint64) (Ext, bool) {
	if uint32(exp-edge) > extMax-2*edge {
		return Ext{}, false
	}
	m, carry, inexact, away := e.keep(sign != 0, hi, lo, 64-e.precision())
	if carry {
		exp++
	}
	if inexact {
		e.Flags |= Inexact
	}
	e.Away = away
	return Ext{sign | uint16(exp), m}, true
}

func (e *Env) quickSum(a, b Ext) (Ext, bool) {
	if !a.normal() || !b.normal() {
		return Ext{}, false
	}
	x, y := int32(a.SE&extMax), int32(b.SE&extMax)
	if x < y || x == y && a.Mant < b.Mant {
		a, b, x, y = b, a, y, x
	}
	sign := a.SE & extSign
	hi, lo := shiftRight(b.Mant, 0, uint(x-y))
	if sign == b.SE&extSign {
		sum, carry := bits.Add64(a.Mant, hi, 0)
		if carry != 0 {
			sum, lo, x = integerBit|sum>>1, sum<<63|lo>>1|lo&1, x+1
		}
		return e.quick(sign, x, sum, lo)
	}
	lo, borrow := bits.Sub64(0, lo, 0)
	hi, _ = bits.Sub64(a.Mant, hi, borrow)
	if hi|lo == 0 {
		return Ext{}, false
	}
	x, hi, lo = normalise(x, hi, lo)
	return e.quick(sign, x, hi, lo)
}

// Add80 is a + b.
func (e *Env) Add80(a, b Ext) Ext {
	if v, ok := e.quickSum(a, b); ok {
		return v
	}
	return e.AddExt(a.Unpack(), b.Unpack())
}

// Sub80 is a - b.
func (e *Env) Sub80(a, b Ext) Ext {
	if v, ok := e.quickSum(a, b.negative()); ok {
		return v
	}
	return e.SubExt(a.Unpack(), b.Unpack())
}

// Mul80 is a × b.
func (e *Env) Mul80(a, b Ext) Ext {
	if a.normal() && b.normal() {
		hi, lo := bits.Mul64(a.Mant, b.Mant)
		exp := int32(a.SE&extMax) + int32(b.SE&extMax) - extBias + 1
		if hi&integerBit == 0 {
			hi, lo, exp = hi<<1|lo>>63, lo<<1, exp-1
		}
		if v, ok := e.quick((a.SE^b.SE)&extSign, exp, hi, lo); ok {
			return v
		}
	}
	return e.MulExt(a.Unpack(), b.Unpack())
}

// Div80 is a / b.
func (e *Env) Div80(a, b Ext) Ext {
	if a.normal() && b.normal() {
		exp, hi, lo := quotient(Number{exp: int32(a.SE & extMax), mant: a.Mant}, Number{exp: int32(b.SE & extMax), mant: b.Mant})
		if v, ok := e.quick((a.SE^b.SE)&extSign, exp+extBias, hi, lo); ok {
			return v
		}
	}
	return e.DivExt(a.Unpack(), b.Unpack())
}

// narrow rounds a to a format that a normal number of it has, away from the edges.
func (e *Env) narrow(f *format, a Ext) (sign, exp, fraction uint64, ok bool) {
	biased := int32(a.SE&extMax) - extBias + f.emax
	if a.Mant&integerBit == 0 || uint32(biased-edge) > uint32(2*f.emax-2*edge) {
		return 0, 0, 0, false
	}
	sign = uint64(a.SE >> 15)
	m, carry, inexact, away := e.keep(sign != 0, a.Mant, 0, 64-f.prec)
	if carry {
		biased++
	}
	if inexact {
		e.Flags |= Inexact
	}
	e.Away = away
	return sign, uint64(biased), m << 1 >> (65 - f.prec), true
}

// Narrow64 is a in binary64.
func (e *Env) Narrow64(a Ext) uint64 {
	if sign, exp, fraction, ok := e.narrow(&binary64, a); ok {
		return sign<<63 | exp<<52 | fraction
	}
	return e.Convert64(a.Unpack())
}

// Narrow32 is a in binary32.
func (e *Env) Narrow32(a Ext) uint32 {
	if sign, exp, fraction, ok := e.narrow(&binary32, a); ok {
		return uint32(sign<<31 | exp<<23 | fraction)
	}
	return e.Convert32(a.Unpack())
}

// Widen64 is a number in binary64 in the extended format, if it is normal or zero.
func Widen64(v uint64) (Ext, bool) {
	exp, fraction := v>>52&0x7ff, v<<12>>1
	if exp-1 >= 0x7fe {
		return Ext{uint16(v >> 48 & extSign), 0}, v<<1 == 0
	}
	return Ext{uint16(v>>48&extSign | exp + extBias - 1023), integerBit | fraction}, true
}

// Widen32 is the same of binary32.
func Widen32(v uint32) (Ext, bool) {
	exp, fraction := v>>23&0xff, uint64(v)<<41>>1
	if exp-1 >= 0xfe {
		return Ext{uint16(v >> 16 & extSign), 0}, v<<1 == 0
	}
	return Ext{uint16(v>>16&extSign | exp + extBias - 127), integerBit | fraction}, true
}

// ExtOf is an integer in the extended format, exact.
func ExtOf(i int64) Ext { return packExt(FromInt(i)) }
