package softfloat

import (
	"math"
	"math/bits"
)

// add is a + b.
func (e *Env) add(f *format, a, b Number) Number {
	e.Away = false
	if special(&a, &b) {
		return e.nans(f, a, b)
	}
	if a.class == infinite && b.class == infinite && a.sign != b.sign {
		return e.invalid()
	}
	e.denormals(&a, &b)
	switch {
	case a.class == infinite:
		return a
	case b.class == infinite:
		return b
	case b.class == zero && a.class == zero:
		return e.zeroSum(a.sign, b.sign)
	case b.class == zero:
		return e.arithmetic(f, a.sign, a.exp, a.mant, 0)
	case a.class == zero:
		return e.arithmetic(f, b.sign, b.exp, b.mant, 0)
	}
	return e.sum(f, wide{a.sign, a.exp, a.mant, 0}, wide{b.sign, b.exp, b.mant, 0})
}

// zeroSum is the sum of two zeros, or of two numbers that cancel.
func (e *Env) zeroSum(a, b bool) Number {
	if a != b {
		return Number{sign: e.Rounding == Down}
	}
	return Number{sign: a}
}

// wide is a finite value, (hi:lo / 2^127) 2^exp.
type wide struct {
	sign   bool
	exp    int32
	hi, lo uint64
}

// sum rounds a + b. Where their exponents are so far apart that bits are lost, the lowest one is sticky; that is
// exact enough, since then the sum has at most one leading zero.
func (e *Env) sum(f *format, a, b wide) Number {
	if a.exp < b.exp || a.exp == b.exp && (a.hi < b.hi || a.hi == b.hi && a.lo < b.lo) {
		a, b = b, a
	}
	bHi, bLo := shiftRight(b.hi, b.lo, uint(a.exp-b.exp))
	if a.sign == b.sign {
		lo, c := bits.Add64(a.lo, bLo, 0)
		hi, c := bits.Add64(a.hi, bHi, c)
		if c != 0 {
			hi, lo = integerBit|hi>>1, hi<<63|lo>>1|lo&1
			a.exp++
		}
		return e.arithmetic(f, a.sign, a.exp, hi, lo)
	}
	lo, c := bits.Sub64(a.lo, bLo, 0)
	hi, _ := bits.Sub64(a.hi, bHi, c)
	if hi|lo == 0 {
		return e.zeroSum(false, true)
	}
	exp, hi, lo := normalise(a.exp, hi, lo)
	return e.arithmetic(f, a.sign, exp, hi, lo)
}

func (n Number) negated() Number {
	if n.class < nan {
		n.sign = !n.sign
	}
	return n
}

// Add32 is a + b in binary32.
func (e *Env) Add32(a, b uint32) uint32 {
	if v, ok := e.sum32(a, b, math.Float32frombits(a), math.Float32frombits(b)); ok {
		return v
	}
	return to32(e.add(&binary32, e.Unpack32(a), e.Unpack32(b)))
}

// Sub32 is a - b in binary32.
func (e *Env) Sub32(a, b uint32) uint32 {
	if v, ok := e.sum32(a, b, math.Float32frombits(a), -math.Float32frombits(b)); ok {
		return v
	}
	return to32(e.add(&binary32, e.Unpack32(a), e.Unpack32(b).negated()))
}

// Add64 is a + b in binary64.
func (e *Env) Add64(a, b uint64) uint64 {
	if v, ok := e.sum64(a, b, math.Float64frombits(a), math.Float64frombits(b)); ok {
		return v
	}
	return to64(e.add(&binary64, e.Unpack64(a), e.Unpack64(b)))
}

// Sub64 is a - b in binary64.
func (e *Env) Sub64(a, b uint64) uint64 {
	if v, ok := e.sum64(a, b, math.Float64frombits(a), -math.Float64frombits(b)); ok {
		return v
	}
	return to64(e.add(&binary64, e.Unpack64(a), e.Unpack64(b).negated()))
}

// AddExt is a + b.
func (e *Env) AddExt(a, b Number) Ext { return packExt(e.add(&extended, a, b)) }

// SubExt is a - b.
func (e *Env) SubExt(a, b Number) Ext { return packExt(e.add(&extended, a, b.negated())) }
