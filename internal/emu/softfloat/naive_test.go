package softfloat

import (
	"math/big"
)

// exact is a positive value of which the floor of its quotient by 2^k can be had for any k.
type exact func(k int) (floor *big.Int, whole bool)

// ratio is a rational number.
func ratio(x *big.Rat) exact {
	return func(k int) (*big.Int, bool) {
		n, d := new(big.Int).Set(x.Num()), new(big.Int).Set(x.Denom())
		if k < 0 {
			n.Lsh(n, uint(-k))
		} else {
			d.Lsh(d, uint(k))
		}
		q, r := new(big.Int).QuoRem(n, d, new(big.Int))
		return q, r.Sign() == 0
	}
}

// squareRoot is that of a rational number.
func squareRoot(x *big.Rat) exact {
	inner := ratio(x)
	return func(k int) (*big.Int, bool) {
		n, whole := inner(2 * k)
		s := new(big.Int).Sqrt(n)
		return s, whole && new(big.Int).Mul(s, s).Cmp(n) == 0
	}
}

// nearby rounds x to a multiple of 2^k.
func nearby(x exact, k int, r Rounding, negative bool) (n *big.Int, inexact, away bool) {
	n, whole := x(k)
	if whole {
		return n, false, false
	}
	twice, half := x(k - 1)
	switch {
	case r == Nearest:
		away = twice.Bit(0) == 1 && (!half || n.Bit(0) == 1)
	case r == Up:
		away = !negative
	case r == Down:
		away = negative
	}
	if away {
		n = new(big.Int).Add(n, big.NewInt(1))
	}
	return n, true, away
}

// naive is the masked result of rounding ±x to f: the value, or nil for an infinity, and the flags.
func naive(f *format, prec uint, x exact, magnitude int, r Rounding, negative bool) (v *big.Rat, flags Flags, away bool) {
	unit := magnitude - int(prec) + 1
	n, inexact, away := nearby(x, unit, r, negative)
	v = scaled(n, unit)
	limit := scaled(big.NewInt(1), int(f.emax)+1)
	switch {
	case v.Cmp(limit) >= 0:
		flags = Overflow | Inexact
		if r == Nearest || r == Up && !negative || r == Down && negative {
			return nil, flags, true
		}
		all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), prec), big.NewInt(1))
		return scaled(all, int(f.emax)-int(prec)+1), flags, false
	case v.Cmp(scaled(big.NewInt(1), int(f.emin))) < 0:
		unit = int(f.emin) - int(prec) + 1
		n, inexact, away = nearby(x, unit, r, negative)
		v = scaled(n, unit)
		if inexact {
			flags = Underflow
		}
	}
	if inexact {
		flags |= Inexact
	}
	return v, flags, away
}

func scaled(n *big.Int, k int) *big.Rat {
	if k < 0 {
		return new(big.Rat).SetFrac(n, new(big.Int).Lsh(big.NewInt(1), uint(-k)))
	}
	return new(big.Rat).SetInt(new(big.Int).Lsh(n, uint(k)))
}

// magnitudeOf is the exponent of the largest power of two that is not above x.
func magnitudeOf(x *big.Rat) int {
	m := x.Num().BitLen() - x.Denom().BitLen()
	if scaled(big.NewInt(1), m).Cmp(x) > 0 {
		m--
	}
	return m
}

// rat is the value of a finite number.
func (n Number) rat() *big.Rat {
	v := new(big.Rat)
	if n.class == finite {
		v = scaled(new(big.Int).SetUint64(n.mant), int(n.exp)-63)
	}
	if n.sign {
		v.Neg(v)
	}
	return v
}
