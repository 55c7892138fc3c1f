package softfloat

import "math/bits"

// mul is a × b.
func (e *Env) mul(f *format, a, b Number) Number {
	e.Away = false
	if special(&a, &b) {
		return e.nans(f, a, b)
	}
	if a.class == infinite && b.class == zero || a.class == zero && b.class == infinite {
		return e.invalid()
	}
	e.denormals(&a, &b)
	sign := a.sign != b.sign
	switch {
	case a.class == infinite || b.class == infinite:
		return Number{class: infinite, sign: sign}
	case a.class == zero || b.class == zero:
		return Number{sign: sign}
	}
	p := product(a, b)
	return e.arithmetic(f, p.sign, p.exp, p.hi, p.lo)
}

// product is the exact product of two finite numbers.
func product(a, b Number) wide {
	hi, lo := bits.Mul64(a.mant, b.mant)
	exp := a.exp + b.exp + 1
	if hi&integerBit == 0 {
		hi, lo, exp = hi<<1|lo>>63, lo<<1, exp-1
	}
	return wide{a.sign != b.sign, exp, hi, lo}
}

// fma is a × b + c with one rounding. Of NaNs it takes the first in this order, and a quiet addend goes before
// an invalid product (AMD64 Architecture Programmer's Manual, vol. 1, 4.8.1.1). The product of two significands of
// up to 53 bits leaves 22 bits of the 128 free, so that aligning it loses none that a cancellation could need.
func (e *Env) fma(f *format, a, b, c Number) Number {
	e.Away = false
	if special(&a, &b) || c.class >= nan {
		return e.nans(f, a, b, c)
	}
	sign := a.sign != b.sign
	inf := a.class == infinite || b.class == infinite
	if inf && (a.class == zero || b.class == zero || c.class == infinite && c.sign != sign) {
		return e.invalid()
	}
	e.denormals(&a, &b)
	e.denormals(&c, &c)
	switch {
	case inf:
		return Number{class: infinite, sign: sign}
	case c.class == infinite:
		return c
	case a.class == finite && b.class == finite && c.class == finite:
		return e.sum(f, product(a, b), wide{c.sign, c.exp, c.mant, 0})
	case a.class == finite && b.class == finite:
		p := product(a, b)
		return e.arithmetic(f, p.sign, p.exp, p.hi, p.lo)
	case c.class == finite:
		return e.arithmetic(f, c.sign, c.exp, c.mant, 0)
	}
	return e.zeroSum(sign, c.sign)
}

// Mul32 is a × b in binary32.
func (e *Env) Mul32(a, b uint32) uint32 {
	if v, ok := e.product32(a, b); ok {
		return v
	}
	return to32(e.mul(&binary32, e.Unpack32(a), e.Unpack32(b)))
}

// Mul64 is a × b in binary64.
func (e *Env) Mul64(a, b uint64) uint64 {
	if v, ok := e.product64(a, b); ok {
		return v
	}
	return to64(e.mul(&binary64, e.Unpack64(a), e.Unpack64(b)))
}

// MulExt is a × b.
func (e *Env) MulExt(a, b Number) Ext { return packExt(e.mul(&extended, a, b)) }

// FMASign says which parts of a fused multiply-add are negated before the operation; NaNs are not.
type FMASign uint8

// The product of FNMADD and FNMSUB, the addend of FMSUB and FNMSUB.
const (
	NegateProduct FMASign = 1 << iota
	NegateAddend
)

func (s FMASign) apply(a, c Number) (Number, Number) {
	if s&NegateProduct != 0 {
		a = a.negated()
	}
	if s&NegateAddend != 0 {
		c = c.negated()
	}
	return a, c
}

// FMA32 is ±(a × b) ± c in binary32, rounded once.
func (e *Env) FMA32(a, b, c uint32, s FMASign) uint32 {
	x, z := s.apply(e.Unpack32(a), e.Unpack32(c))
	return to32(e.fma(&binary32, x, e.Unpack32(b), z))
}

// FMA64 is ±(a × b) ± c in binary64, rounded once.
func (e *Env) FMA64(a, b, c uint64, s FMASign) uint64 {
	if v, ok := e.fused64(a, b, c, s); ok {
		return v
	}
	x, z := s.apply(e.Unpack64(a), e.Unpack64(c))
	return to64(e.fma(&binary64, x, e.Unpack64(b), z))
}
