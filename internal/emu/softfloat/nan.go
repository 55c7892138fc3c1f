package softfloat

// indefinite is the NaN that an invalid operation gives (SDM vol. 1, 4.8.3.7).
var indefinite = Number{class: nan, sign: true, mant: integerBit | quietBit}

// invalid raises IE and gives the indefinite NaN.
func (e *Env) invalid() Number {
	e.raise(Invalid)
	return indefinite
}

func (n Number) quieted() Number {
	n.mant |= quietBit
	return n
}

// nans is the result of an operation of which an operand is a NaN or unsupported.
func (e *Env) nans(f *format, operands ...Number) Number {
	for i := range operands {
		if operands[i].class == unsupported {
			return e.invalid()
		}
		if operands[i].signalling() {
			e.raise(Invalid)
		}
	}
	if f.extended && len(operands) == 2 {
		return larger(operands[0], operands[1]).quieted()
	}
	for _, n := range operands {
		if n.class == nan {
			return n.quieted()
		}
	}
	panic("softfloat: no NaN among the operands")
}

// larger is the NaN that x87 takes of two operands (SDM vol. 1, table 4-7): a quiet one before a signalling one,
// then that with the larger significand, then the positive one.
func larger(a, b Number) Number {
	switch {
	case b.class != nan:
		return a
	case a.class != nan:
		return b
	case a.signalling() != b.signalling():
		if a.signalling() {
			return b
		}
		return a
	case a.mant != b.mant:
		if a.mant < b.mant {
			return b
		}
		return a
	case a.sign:
		return b
	}
	return a
}

// special reports whether one of two operands is no number.
func special(a, b *Number) bool { return a.class >= nan || b.class >= nan }

// denormals raises DE if one of two operands is denormal.
func (e *Env) denormals(a, b *Number) {
	if a.denormal || b.denormal {
		e.raise(Denormal)
	}
}
