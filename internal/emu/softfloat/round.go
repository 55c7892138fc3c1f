package softfloat

import "math/bits"

// wrap is how far the exponent of an extended result moves when its overflow or underflow is unmasked (SDM vol.
// 1, 8.5.4 and 8.5.5).
const wrap = 24576

// keep rounds the significand hi:lo, of which the lowest bit of lo is sticky, to its top bits: the low drop bits
// of hi go. carry says that it became 2^64, which is given as 2^63.
func (e *Env) keep(sign bool, hi, lo uint64, drop uint) (m uint64, carry, inexact, away bool) {
	rest, half := lo, uint64(integerBit)
	lsb := uint64(1) << drop
	if drop > 0 {
		rest = hi&(lsb-1)<<1 | sticky(lo)
		half = lsb
		hi &^= lsb - 1
	}
	if rest == 0 {
		return hi, false, false, false
	}
	switch e.Rounding {
	case Nearest:
		away = rest > half || rest == half && hi&lsb != 0
	case Down:
		away = sign
	case Up:
		away = !sign
	}
	if !away {
		return hi, false, true, false
	}
	m, out := bits.Add64(hi, lsb, 0)
	if out != 0 {
		return integerBit, true, true, true
	}
	return m, false, true, true
}

// round gives the number of format f, of prec bits, that (hi:lo / 2^127) 2^exp is rounded to. The top bit of hi
// is set, the lowest of lo sticky.
func (e *Env) round(f *format, prec uint, sign bool, exp int32, hi, lo uint64) Number {
	m, carry, inexact, away := e.keep(sign, hi, lo, 64-prec)
	after := exp
	if carry {
		after++
	}
	if after < f.emin {
		return e.tiny(f, prec, sign, exp, hi, lo, Number{class: finite, sign: sign, exp: after, mant: m}, inexact, away)
	}
	e.Away = away
	if inexact {
		e.raise(Inexact)
	}
	if after > f.emax {
		return e.huge(f, prec, Number{class: finite, sign: sign, exp: after, mant: m}, inexact)
	}
	return Number{class: finite, sign: sign, exp: after, mant: m}
}

// roundExt is round for arithmetic on extended numbers, which obeys the precision control.
func (e *Env) roundExt(sign bool, exp int32, hi, lo uint64) Number {
	return e.round(&extended, e.precision(), sign, exp, hi, lo)
}

func (e *Env) precision() uint {
	if e.Precision == 0 {
		return 64
	}
	return uint(e.Precision)
}

// arithmetic is round for an operation's result.
func (e *Env) arithmetic(f *format, sign bool, exp int32, hi, lo uint64) Number {
	if f.extended {
		return e.roundExt(sign, exp, hi, lo)
	}
	return e.round(f, f.prec, sign, exp, hi, lo)
}

// tiny is the result below the normal numbers. unbounded is what rounding gives with an unbounded exponent.
func (e *Env) tiny(f *format, prec uint, sign bool, exp int32, hi, lo uint64, unbounded Number, inexact, away bool) Number {
	if e.Unmasked&Underflow != 0 {
		e.raise(Underflow)
		if inexact {
			e.raise(Inexact)
		}
		e.Away = away
		if unbounded.exp += wrap; f.extended && unbounded.exp >= f.emin {
			return unbounded
		}
		e.massive(f, false)
		return Number{sign: sign}
	}
	if e.FTZ && !f.extended {
		e.raise(Underflow | Inexact)
		e.Away = false
		return Number{sign: sign}
	}
	hi, lo = shiftRight(hi, lo, uint(f.emin-exp))
	m, carry, inexact, away := e.keep(sign, hi, lo, 64-prec)
	e.Away = away
	if inexact {
		e.raise(Underflow | Inexact)
	}
	switch {
	case m == 0:
		return Number{sign: sign}
	case carry:
		return Number{class: finite, sign: sign, exp: f.emin + 1, mant: m}
	}
	shift := bits.LeadingZeros64(m)
	return Number{class: finite, sign: sign, exp: f.emin - int32(shift), mant: m << shift}
}

// huge is the result above the normal numbers. n is the rounded one, with its exponent.
func (e *Env) huge(f *format, prec uint, n Number, inexact bool) Number {
	e.raise(Overflow)
	if e.Unmasked&Overflow != 0 {
		if n.exp -= wrap; f.extended && n.exp <= f.emax {
			return n
		}
		if f.extended || !inexact {
			e.massive(f, true)
			return n.infinity()
		}
	}
	e.raise(Inexact)
	e.Away = e.Rounding == Nearest || e.Rounding == Up && !n.sign || e.Rounding == Down && n.sign
	if e.Away {
		return n.infinity()
	}
	return Number{class: finite, sign: n.sign, exp: f.emax, mant: ^uint64(0) << (64 - prec)}
}

// massive notes that an extended result is out of range after its exponent has moved: it becomes an infinity or zero,
// whatever the rounding, and PE is raised (silicon).
func (e *Env) massive(f *format, away bool) {
	if f.extended {
		e.raise(Inexact)
		e.Away = away
	}
}

func (n Number) infinity() Number { return Number{class: infinite, sign: n.sign} }

// shiftRight shifts hi:lo; what is lost sticks in the lowest bit.
func shiftRight(hi, lo uint64, n uint) (uint64, uint64) {
	switch {
	case n == 0:
		return hi, lo
	case n < 64:
		return hi >> n, hi<<(64-n) | lo>>n | sticky(lo<<(64-n))
	case n == 64:
		return 0, hi | sticky(lo)
	case n < 128:
		return 0, hi>>(n-64) | sticky(hi<<(128-n)|lo)
	}
	return 0, sticky(hi | lo)
}

// normalise shifts hi:lo, which is not 0, left until its top bit is set.
func normalise(exp int32, hi, lo uint64) (int32, uint64, uint64) {
	if hi == 0 {
		hi, lo, exp = lo, 0, exp-64
	}
	n := uint(bits.LeadingZeros64(hi))
	return exp - int32(n), hi<<n | lo>>(64-n), lo << n
}

// sticky is the bit that stands for bits that were shifted out: 1 if any was set.
func sticky(lost uint64) uint64 {
	if lost != 0 {
		return 1
	}
	return 0
}
