package softfloat

// The transcendental instructions of x87. Results have an error far below a unit in the last place before they
// are rounded as e says; processors, which guarantee one unit (SDM vol. 1, 8.3.10), differ from them in that.
// Precision control does not matter. Every inexact result raises PE.

// inexact rounds w, which is not exact, to 64 bits.
func (e *Env) inexact(w wide) Ext {
	return packExt(e.round(&extended, 64, w.sign, w.exp, w.hi, w.lo|1))
}

// scaledConstant is k × 2^n.
func scaledConstant(k Constant, n int32) wide {
	w := constants[k]
	w.exp += n
	return w
}

// Exp2M1Ext is 2^a - 1 for a from -1 to 1: F2XM1.
func (e *Env) Exp2M1Ext(a Number) Ext {
	e.Away = false
	switch {
	case a.class >= nan:
		return packExt(e.nans(&extended, a))
	case a.class == infinite && a.sign:
		return packExt(negativeOne)
	case a.class == infinite || a.class == zero:
		return packExt(a)
	}
	e.denormals(&a, &a)
	if a.exp >= 0 {
		return e.exp2Edge(a)
	}
	t := a.wide().times(constants[LnTwo])
	return e.inexact(t.times(expSeries(t)))
}

var (
	negativeOne  = Number{class: finite, sign: true, mant: integerBit}
	negativeHalf = Number{class: finite, sign: true, exp: -1, mant: integerBit}
)

// exp2Edge is 2^a - 1 for |a| >= 1, with PE as of all others (silicon). Beyond 1 the manual leaves it undefined, and AMD's
// processors leave a.
func (e *Env) exp2Edge(a Number) Ext {
	e.raise(Inexact)
	if a.exp == 0 && a.mant == integerBit && a.sign {
		return packExt(negativeHalf)
	}
	return packExt(a)
}

// expSeries is (e^t - 1) / t for |t| < 1.
func expSeries(t wide) wide {
	const terms = 26
	f := t.fixed()
	sum := fixedOne
	for k := uint64(terms); k > 1; k-- {
		p := f.times(sum).over(k)
		if t.sign {
			sum = fixedOne.minus(p)
		} else {
			sum = fixedOne.plus(p)
		}
	}
	return sum.positive()
}

// log2Wide is the binary logarithm of a positive number, 0 for 1.
func log2Wide(m wide) wide {
	exp := m.exp
	m.exp = 0
	const rootTwo = 0xb504f333f9de6484
	if m.hi >= rootTwo {
		m.exp, exp = -1, exp+1
	}
	one := wide{hi: integerBit}
	fraction := m.plus(one.negated())
	whole := FromInt(int64(exp)).wide()
	if fraction.isZero() {
		return whole
	}
	return whole.plus(logSeries(fraction))
}

// logSeries is log2(1 + x) for x from √½ - 1 to √2 - 1, by ln(1 + x) = 2 artanh(x / (2 + x)).
func logSeries(x wide) wide {
	two := wide{exp: 1, hi: integerBit}
	s := x.over(x.plus(two))
	const terms = 24
	f := s.times(s).fixed()
	sum := fixedOne.over(2*terms + 1)
	for k := uint64(terms); k > 0; k-- {
		sum = fixedOne.over(2*k - 1).plus(f.times(sum))
	}
	return s.times(sum.positive()).times(scaledConstant(Log2E, 1))
}

// Log2Ext is b log2(a): FYL2X.
func (e *Env) Log2Ext(a, b Number) Ext {
	e.Away = false
	switch {
	case special(&a, &b):
		return packExt(e.nans(&extended, a, b))
	case a.sign && a.class != zero:
		return packExt(e.invalid())
	case a.class == zero:
		return e.logOfZero(b)
	case a.class == infinite:
		if b.class == zero {
			return packExt(e.invalid())
		}
		e.denormals(&b, &b)
		return packExt(Number{class: infinite, sign: b.sign})
	}
	return e.logProduct(a, b, log2Wide(a.wide()))
}

// logOfZero is b times minus infinity.
func (e *Env) logOfZero(b Number) Ext {
	switch b.class {
	case zero:
		return packExt(e.invalid())
	case finite:
		e.raise(ZeroDiv)
	}
	return packExt(Number{class: infinite, sign: !b.sign})
}

// logProduct is b times the logarithm l of a, which is zero for 1.
func (e *Env) logProduct(a, b Number, l wide) Ext {
	switch {
	case l.isZero() && b.class == infinite:
		return packExt(e.invalid())
	case b.class == infinite:
		e.denormals(&a, &a)
		return packExt(Number{class: infinite, sign: b.sign != l.sign})
	}
	e.denormals(&a, &b)
	if l.isZero() || b.class == zero {
		return packExt(Number{sign: b.sign != l.sign})
	}
	r := b.wide().times(l)
	if a.mant == integerBit { // a power of two: exact, but PE is raised (silicon)
		e.raise(Inexact)
		n := e.round(&extended, 64, r.sign, r.exp, r.hi, r.lo)
		if n.exp < extended.emin {
			e.raise(Underflow)
		}
		return packExt(n)
	}
	return e.inexact(r)
}

// Log2P1Ext is b log2(1 + a): FYL2XP1. For a of -1 and below, which the manual leaves undefined, AMD's processors
// leave a.
func (e *Env) Log2P1Ext(a, b Number) Ext {
	e.Away = false
	switch {
	case special(&a, &b):
		return packExt(e.nans(&extended, a, b))
	case a.class == zero:
		if b.class == infinite {
			return packExt(e.invalid())
		}
		e.denormals(&b, &b)
		return packExt(Number{sign: a.sign != b.sign})
	case a.class == infinite:
		if a.sign || b.class == zero {
			return packExt(e.invalid())
		}
		e.denormals(&b, &b)
		return packExt(Number{class: infinite, sign: b.sign})
	}
	e.denormals(&a, &b)
	switch {
	case b.class == infinite:
		return packExt(Number{class: infinite, sign: a.sign != b.sign})
	case b.class == zero:
		return packExt(Number{sign: a.sign != b.sign})
	case a.exp < -2:
		return e.inexact(b.wide().times(logSeries(a.wide())))
	case a.sign && a.exp >= 0:
		e.raise(Inexact)
		return packExt(a)
	}
	return e.inexact(b.wide().times(log2Wide(a.wide().plus(wide{hi: integerBit}))))
}
