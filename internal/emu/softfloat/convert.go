package softfloat

import "math/bits"

// convert rounds n to format f.
func (e *Env) convert(f *format, n Number) Number {
	e.Away = false
	if n.class >= nan {
		return e.nans(f, n)
	}
	if n.denormal {
		e.raise(Denormal)
	}
	if n.class != finite {
		return n
	}
	return e.round(f, f.prec, n.sign, n.exp, n.mant, 0)
}

// Convert32 is n in binary32.
func (e *Env) Convert32(n Number) uint32 { return to32(e.convert(&binary32, n)) }

// Convert64 is n in binary64.
func (e *Env) Convert64(n Number) uint64 { return to64(e.convert(&binary64, n)) }

// ConvertExt is n in the extended format, exact.
func (e *Env) ConvertExt(n Number) Ext { return packExt(e.convert(&extended, n)) }

// ConvertHalf is n in binary16. FTZ is not looked at (SDM vol. 2, VCVTPS2PH).
func (e *Env) ConvertHalf(n Number) uint16 {
	ftz := e.FTZ
	e.FTZ = false
	v := uint16(binary16.pack(e.convert(&binary16, n)))
	e.FTZ = ftz
	return v
}

// UnpackHalf is an operand in binary16. A denormal one is no exception, and DAZ is not looked at (SDM vol. 2,
// VCVTPH2PS).
func UnpackHalf(v uint16) Number {
	n := binary16.unpack(uint64(v))
	n.denormal = false
	return n
}

// FromInt is an integer as an operand.
func FromInt(i int64) Number {
	n := Number{class: finite, sign: i < 0, exp: 63, mant: uint64(i)}
	if n.sign {
		n.mant = -n.mant
	}
	if n.mant == 0 {
		return Number{}
	}
	shift := bits.LeadingZeros64(n.mant)
	n.mant <<= shift
	n.exp -= int32(shift)
	return n
}

// ToInt is n as a signed integer of 16, 32 or 64 bits, rounded by r. What does not fit raises IE and gives the
// smallest one, the integer indefinite (SDM vol. 1, table 4-1). A denormal operand is no exception.
func (e *Env) ToInt(n Number, width uint, r Rounding) int64 {
	e.Away = false
	least := int64(-1) << (width - 1)
	switch {
	case n.class == zero:
		return 0
	case n.class != finite || n.exp >= 64:
		e.raise(Invalid)
		return least
	}
	v, inexact, away := n.integer(r)
	limit := uint64(1) << (width - 1)
	if !n.sign {
		limit--
	}
	if v > limit {
		e.raise(Invalid)
		return least
	}
	if inexact {
		e.raise(Inexact)
		e.Away = away
	}
	if n.sign {
		return -int64(v)
	}
	return int64(v)
}

// integer rounds the magnitude of a finite number below 2^64 to an integer.
func (n *Number) integer(r Rounding) (v uint64, inexact, away bool) {
	hi, lo := shiftRight(n.mant, 0, uint(63-n.exp))
	if lo == 0 {
		return hi, false, false
	}
	switch r {
	case Nearest:
		away = lo > integerBit || lo == integerBit && hi&1 != 0
	case Down:
		away = n.sign
	case Up:
		away = !n.sign
	}
	if away {
		hi++
	}
	return hi, true, away
}

// roundInt rounds n to an integral value of its format. A denormal operand is no exception.
func (e *Env) roundInt(f *format, n Number, r Rounding) Number {
	e.Away = false
	if n.class >= nan {
		return e.nans(f, n)
	}
	if n.class != finite || n.exp >= 63 {
		return n
	}
	v, inexact, away := n.integer(r)
	if !inexact {
		return n
	}
	e.raise(Inexact)
	e.Away = away
	if v == 0 {
		return Number{sign: n.sign}
	}
	shift := bits.LeadingZeros64(v)
	return Number{class: finite, sign: n.sign, exp: 63 - int32(shift), mant: v << shift}
}

// RoundInt32 rounds to an integral value by r.
func (e *Env) RoundInt32(a uint32, r Rounding) uint32 {
	return to32(e.roundInt(&binary32, e.Unpack32(a), r))
}

// RoundInt64 rounds to an integral value by r.
func (e *Env) RoundInt64(a uint64, r Rounding) uint64 {
	return to64(e.roundInt(&binary64, e.Unpack64(a), r))
}

// RoundIntExt rounds to an integral value. A denormal operand raises DE.
func (e *Env) RoundIntExt(a Number) Ext {
	e.denormals(&a, &a)
	return packExt(e.roundInt(&extended, a, e.Rounding))
}
