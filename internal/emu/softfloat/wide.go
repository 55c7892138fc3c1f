package softfloat

import "math/bits"

// Arithmetic on wide values truncates to 128 bits. The transcendental functions need about 80 of them.

func (n Number) wide() wide { return wide{n.sign, n.exp, n.mant, 0} }

func (w wide) isZero() bool { return w.hi == 0 }

func (w wide) negated() wide {
	w.sign = !w.sign
	return w
}

// times is w × v.
func (w wide) times(v wide) wide {
	hi, lo := mulHigh(w.hi, w.lo, v.hi, v.lo)
	exp := w.exp + v.exp + 1
	if hi&integerBit == 0 {
		hi, lo, exp = hi<<1|lo>>63, lo<<1, exp-1
	}
	return wide{w.sign != v.sign, exp, hi, lo}
}

// mulHigh is the upper half of the product of two numbers of 128 bits.
func mulHigh(aHi, aLo, bHi, bLo uint64) (hi, lo uint64) {
	hi, lo = bits.Mul64(aHi, bHi)
	p, low1 := bits.Mul64(aHi, bLo)
	q, low2 := bits.Mul64(aLo, bHi)
	_, c := bits.Add64(low1, low2, 0)
	lo, c = bits.Add64(lo, p, c)
	hi += c
	lo, c = bits.Add64(lo, q, 0)
	return hi + c, lo
}

// plus is w + v; a zero has no significand.
func (w wide) plus(v wide) wide {
	switch {
	case w.isZero():
		return v
	case v.isZero():
		return w
	}
	if w.exp < v.exp || w.exp == v.exp && (w.hi < v.hi || w.hi == v.hi && w.lo < v.lo) {
		w, v = v, w
	}
	vHi, vLo := shiftRight(v.hi, v.lo, uint(w.exp-v.exp))
	if w.sign == v.sign {
		lo, c := bits.Add64(w.lo, vLo, 0)
		hi, c := bits.Add64(w.hi, vHi, c)
		if c != 0 {
			hi, lo, w.exp = integerBit|hi>>1, hi<<63|lo>>1, w.exp+1
		}
		return wide{w.sign, w.exp, hi, lo}
	}
	lo, c := bits.Sub64(w.lo, vLo, 0)
	hi, _ := bits.Sub64(w.hi, vHi, c)
	if hi|lo == 0 {
		return wide{}
	}
	exp, hi, lo := normalise(w.exp, hi, lo)
	return wide{w.sign, exp, hi, lo}
}

// over is w / v.
func (w wide) over(v wide) wide {
	exp := w.exp - v.exp
	nHi, nLo, spare := w.hi, w.lo, uint64(0)
	if nHi > v.hi || nHi == v.hi && nLo >= v.lo {
		nHi, nLo, spare = nHi>>1, nHi<<63|nLo>>1, nLo<<63
	} else {
		exp--
	}
	hi, nHi, nLo := digit(nHi, nLo, spare, v.hi, v.lo)
	lo, _, _ := digit(nHi, nLo, 0, v.hi, v.lo)
	return wide{w.sign != v.sign, exp, hi, lo}
}

// digit is one digit of 64 bits of the quotient of three by two, and the remainder (Knuth, TAOCP vol. 2, 4.3.1,
// algorithm D). The divisor's top bit is set, and the quotient fits.
func digit(n2, n1, n0, d1, d0 uint64) (q, r1, r0 uint64) {
	q = ^uint64(0)
	if n2 < d1 {
		q, _ = bits.Div64(n2, n1, d1)
	}
	for {
		pHi, pLo := bits.Mul64(q, d1)
		xHi, xLo := bits.Mul64(q, d0)
		pLo, c := bits.Add64(pLo, xHi, 0)
		pHi += c
		r0, b := bits.Sub64(n0, xLo, 0)
		r1, b := bits.Sub64(n1, pLo, b)
		if _, b = bits.Sub64(n2, pHi, b); b == 0 {
			return q, r1, r0
		}
		q--
	}
}

// fixed is a number below 2 with 127 bits behind the point.
type fixed struct{ hi, lo uint64 }

var fixedOne = fixed{integerBit, 0}

// fixed is the magnitude of w, which is below 2.
func (w wide) fixed() fixed {
	hi, lo := shiftRight(w.hi, w.lo&^1, uint(-w.exp))
	return fixed{hi, lo}
}

// positive is f, which is not 0, as a wide value.
func (f fixed) positive() wide {
	exp, hi, lo := normalise(0, f.hi, f.lo)
	return wide{false, exp, hi, lo}
}

func (f fixed) times(g fixed) fixed {
	hi, lo := mulHigh(f.hi, f.lo, g.hi, g.lo)
	return fixed{hi<<1 | lo>>63, lo << 1}
}

func (f fixed) over(n uint64) fixed {
	hi := f.hi / n
	lo, _ := bits.Div64(f.hi%n, f.lo, n)
	return fixed{hi, lo}
}

func (f fixed) plus(g fixed) fixed {
	lo, c := bits.Add64(f.lo, g.lo, 0)
	hi, _ := bits.Add64(f.hi, g.hi, c)
	return fixed{hi, lo}
}

func (f fixed) minus(g fixed) fixed {
	lo, c := bits.Sub64(f.lo, g.lo, 0)
	hi, _ := bits.Sub64(f.hi, g.hi, c)
	return fixed{hi, lo}
}
