package softfloat

// ScaleExt is a 2^n for the integer n that b is truncated to: FSCALE. Precision control does not matter.
func (e *Env) ScaleExt(a, b Number) Ext {
	e.Away = false
	switch {
	case special(&a, &b):
		return packExt(e.nans(&extended, a, b))
	case b.class == infinite && (a.class == zero && !b.sign || a.class == infinite && b.sign):
		return packExt(e.invalid())
	}
	e.denormals(&a, &b)
	if b.class == infinite {
		if b.sign {
			return packExt(Number{sign: a.sign})
		}
		return packExt(a.infinity())
	}
	if a.class != finite {
		return packExt(a)
	}
	const far = 1 << 17 // beyond every exponent
	n := int32(far)
	if b.class == zero {
		n = 0
	} else if b.exp < 17 {
		v, _, _ := b.integer(Zero)
		n = int32(v)
	}
	if b.sign {
		n = -n
	}
	return packExt(e.round(&extended, 64, a.sign, a.exp+n, a.mant, 0))
}

// ExtractExt is FXTRACT: a's exponent as a number, and its significand with the exponent of 1.
func (e *Env) ExtractExt(a Number) (exponent, significand Ext) {
	e.Away = false
	switch a.class {
	case zero:
		e.raise(ZeroDiv)
		return packExt(Number{class: infinite, sign: true}), packExt(a)
	case infinite:
		return packExt(Number{class: infinite}), packExt(a)
	case nan, unsupported:
		n := packExt(e.nans(&extended, a))
		return n, n
	}
	e.denormals(&a, &a)
	exponent = packExt(FromInt(int64(a.exp)))
	a.exp = 0
	return exponent, packExt(a)
}

// Constant is one that an instruction loads: 1, log2 10, log2 e, π, log10 2, ln 2, 0.
type Constant uint8

// Constants in the order of their opcodes, D9 E8 to EE.
const (
	One Constant = iota
	Log2Ten
	Log2E
	Pi
	Log10Two
	LnTwo
	NoConstant // zero
)

var constants = [...]wide{
	One:      {exp: 0, hi: 1 << 63},
	Log2Ten:  {exp: 1, hi: 0xd49a784bcd1b8afe, lo: 0x492bf6ff4dafdb4d},
	Log2E:    {exp: 0, hi: 0xb8aa3b295c17f0bb, lo: 0xbe87fed0691d3e89},
	Pi:       {exp: 1, hi: 0xc90fdaa22168c234, lo: 0xc4c6628b80dc1cd1},
	Log10Two: {exp: -2, hi: 0x9a209a84fbcff798, lo: 0x8f8959ac0b7c9178},
	LnTwo:    {exp: -1, hi: 0xb17217f7d1cf79ab, lo: 0xc9e3b39803f2f6af},
}

// LoadConstant is a constant, rounded to 64 bits as e says; that is no exception (SDM vol. 2, FLD1).
func (e *Env) LoadConstant(k Constant) Ext {
	e.Away = false
	if k >= NoConstant {
		return Ext{}
	}
	w := constants[k]
	m, carry, _, _ := e.keep(false, w.hi, w.lo, 0)
	if carry {
		w.exp++
	}
	return packExt(Number{class: finite, exp: w.exp, mant: m})
}

// Kind is what FXAM tells of a value.
type Kind uint8

// Kinds, with the values of C3, C2 and C0 as bits 2 to 0.
const (
	KindUnsupported Kind = 0
	KindNaN         Kind = 1
	KindNormal      Kind = 2
	KindInfinity    Kind = 3
	KindZero        Kind = 4
	KindDenormal    Kind = 6
)

// Kind classifies x.
func (x Ext) Kind() Kind {
	switch n := x.Unpack(); {
	case n.class == zero:
		return KindZero
	case n.denormal:
		return KindDenormal
	case n.class == finite:
		return KindNormal
	case n.class == infinite:
		return KindInfinity
	case n.class == nan:
		return KindNaN
	}
	return KindUnsupported
}

// Indefinite is the quiet NaN of a masked invalid operation.
func Indefinite() Ext { return packExt(indefinite) }
