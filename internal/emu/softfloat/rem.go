package softfloat

import "math/bits"

// Remainder is the result of FPREM and FPREM1.
type Remainder struct {
	Value    Ext
	Quotient uint8 // its lowest 3 bits
	Partial  bool  // the reduction is not complete: C2
	Special  bool  // the value is a NaN, and there is no quotient
}

// RemainderExt is a - q b for the integer q that a / b is truncated to, or rounded to nearest. Of exponents that
// are 64 or more apart, one call lessens the difference by 32 to 63, as AMD's processors do (SDM vol. 2, FPREM
// allows each). The result is exact, and precision control does not matter.
func (e *Env) RemainderExt(a, b Number, nearest bool) Remainder {
	e.Away = false
	switch {
	case special(&a, &b):
		return Remainder{Value: packExt(e.nans(&extended, a, b)), Special: true}
	case a.class == infinite || b.class == zero:
		return Remainder{Value: packExt(e.invalid()), Special: true}
	}
	e.denormals(&a, &b)
	if a.class == zero || b.class == infinite {
		return e.remainder(a, 0)
	}
	d := a.exp - b.exp
	if d >= 64 {
		n := 32 + d%32
		_, r := longDivision(a.mant, b.mant, uint(n))
		a.exp, a.mant = a.exp-n, r
		x := e.remainder(a, 0)
		x.Partial = true
		return x
	}
	if d < -1 {
		return e.remainder(a, 0)
	}
	q, r := uint64(0), a.mant
	if d >= 0 {
		q, r = longDivision(a.mant, b.mant, uint(d))
		a.exp = b.exp
	}
	if nearest {
		q, r, a.sign = nearestRemainder(q, r, b.mant, d < 0, a.sign)
	}
	a.mant = r
	return e.remainder(a, q)
}

// remainder normalises the significand and rounds, which finds a tiny result.
func (e *Env) remainder(a Number, q uint64) Remainder {
	if a.class == finite {
		if a.mant == 0 {
			a = Number{sign: a.sign}
		} else {
			exp, hi, lo := normalise(a.exp, a.mant, 0)
			a = e.round(&extended, 64, a.sign, exp, hi, lo)
		}
	}
	return Remainder{Value: packExt(a), Quotient: uint8(q & 7)}
}

// longDivision is a 2^d / b, of two significands, d below 64: the lowest bits of the quotient, and the remainder.
func longDivision(a, b uint64, d uint) (q, r uint64) {
	if a >= b {
		q, a = 1, a-b
	}
	more, r := bits.Div64(a>>(64-d), a<<d, b)
	return q<<d + more, r
}

// nearestRemainder turns the remainder r of a truncated quotient into that of the nearest one. halved says that
// r stands for half as much beside b.
func nearestRemainder(q, r, b uint64, halved, sign bool) (uint64, uint64, bool) {
	twice, out := bits.Add64(r, r, 0)
	if halved {
		twice, out = r, 0
	}
	if out == 0 && (twice < b || twice == b && q&1 == 0) {
		return q, r, sign
	}
	if halved { // b - r/2, in halves
		return q + 1, 2*b - r, !sign
	}
	return q + 1, b - r, !sign
}
