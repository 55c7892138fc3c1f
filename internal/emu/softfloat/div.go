package softfloat

import (
	"math"
	"math/bits"
)

// div is a / b.
func (e *Env) div(f *format, a, b Number) Number {
	e.Away = false
	if special(&a, &b) {
		return e.nans(f, a, b)
	}
	sign := a.sign != b.sign
	switch {
	case a.class == infinite && b.class == infinite || a.class == zero && b.class == zero:
		return e.invalid()
	case b.class == zero && a.class == finite: // before DE
		e.raise(ZeroDiv)
		return Number{class: infinite, sign: sign}
	}
	e.denormals(&a, &b)
	switch {
	case a.class == infinite:
		return Number{class: infinite, sign: sign}
	case a.class == zero || b.class == infinite:
		return Number{sign: sign}
	}
	exp, hi, lo := quotient(a, b)
	return e.arithmetic(f, sign, exp, hi, lo)
}

// quotient is a / b of finite numbers as an exponent and 128 bits, the lowest sticky.
func quotient(a, b Number) (exp int32, hi, lo uint64) {
	exp = a.exp - b.exp
	var r uint64
	if a.mant >= b.mant {
		hi, r = bits.Div64(a.mant>>1, a.mant<<63, b.mant)
	} else {
		exp--
		hi, r = bits.Div64(a.mant, 0, b.mant)
	}
	lo, r = bits.Div64(r, 0, b.mant)
	return exp, hi, lo | sticky(r)
}

// sqrt is the square root of a.
func (e *Env) sqrt(f *format, a Number) Number {
	e.Away = false
	if a.class >= nan {
		return e.nans(f, a)
	}
	if a.sign && a.class != zero {
		return e.invalid() // before DE
	}
	e.denormals(&a, &a)
	if a.class != finite {
		return a
	}
	// The root of hi:lo, in [2^126, 2^128), has 64 bits.
	hi, lo := a.mant, uint64(0)
	if a.exp&1 == 0 {
		hi, lo = a.mant>>1, a.mant<<63
	}
	s, r, top := root(hi, lo)
	// (s + ½)² = s² + s + ¼: the half bit is set if the remainder is above s.
	var rest uint64
	switch {
	case top || r > s:
		rest = integerBit | 1
	case r != 0:
		rest = 1
	}
	return e.arithmetic(f, false, a.exp>>1, s, rest)
}

// root is s = floor(sqrt(hi:lo)) for hi >= 2^62, and hi:lo - s² as 65 bits.
func root(hi, lo uint64) (s, r uint64, top bool) {
	s = ^uint64(0)
	if g := math.Sqrt(float64(hi)) * (1 << 32); g < 1<<64 {
		s = uint64(g)
		if hi < s { // one step of Newton's makes 50 bits all but one
			q, _ := bits.Div64(hi, lo, s)
			half, c := bits.Add64(s, q, 0)
			s = half>>1 | c<<63
		}
	}
	for {
		sqHi, sqLo := bits.Mul64(s, s)
		l, b := bits.Sub64(lo, sqLo, 0)
		h, b := bits.Sub64(hi, sqHi, b)
		switch {
		case b != 0:
			s--
		case h > s>>63 || h == s>>63 && l > s<<1: // above 2 s
			s++
		default:
			return s, l, h != 0
		}
	}
}

// Div32 is a / b in binary32.
func (e *Env) Div32(a, b uint32) uint32 {
	if v, ok := e.quotient32(a, b); ok {
		return v
	}
	return to32(e.div(&binary32, e.Unpack32(a), e.Unpack32(b)))
}

// Div64 is a / b in binary64.
func (e *Env) Div64(a, b uint64) uint64 {
	if v, ok := e.quotient64(a, b); ok {
		return v
	}
	return to64(e.div(&binary64, e.Unpack64(a), e.Unpack64(b)))
}

// DivExt is a / b.
func (e *Env) DivExt(a, b Number) Ext { return packExt(e.div(&extended, a, b)) }

// Sqrt32 is the square root of a in binary32.
func (e *Env) Sqrt32(a uint32) uint32 {
	if v, ok := e.root32(a); ok {
		return v
	}
	return to32(e.sqrt(&binary32, e.Unpack32(a)))
}

// Sqrt64 is the square root of a in binary64.
func (e *Env) Sqrt64(a uint64) uint64 {
	if v, ok := e.root64(a); ok {
		return v
	}
	return to64(e.sqrt(&binary64, e.Unpack64(a)))
}

// SqrtExt is the square root of a.
func (e *Env) SqrtExt(a Number) Ext { return packExt(e.sqrt(&extended, a)) }
