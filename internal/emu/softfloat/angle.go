package softfloat

import "math/bits"

// arctangents are those of k/16.
var arctangents = [17]wide{
	1:  {exp: -5, hi: 0xffaaddb967ef4e36, lo: 0xcb2792dc0e2e0d51},
	2:  {exp: -4, hi: 0xfeadd4d5617b6e32, lo: 0xc897989f3e888ef7},
	3:  {exp: -3, hi: 0xbdcbda5e72d81134, lo: 0x7b0b4f881c9c7487},
	4:  {exp: -3, hi: 0xfadbafc96406eb15, lo: 0x6dc79ef5f7a217e5},
	5:  {exp: -2, hi: 0x9b13b9b83f5e5e69, lo: 0xc5abb498d27af328},
	6:  {exp: -2, hi: 0xb7b0ca0f26f78473, lo: 0x8aa32122dcfe4483},
	7:  {exp: -2, hi: 0xd327761e611fe5b6, lo: 0x427c95e9001e7136},
	8:  {exp: -2, hi: 0xed63382b0dda7b45, lo: 0x6fe445ecbc3a8d03},
	9:  {exp: -1, hi: 0x832bf4a6d9867e2a, lo: 0x4b6a09cb61a515c0},
	10: {exp: -1, hi: 0x8f005d5ef7f59f9b, lo: 0x5c835e1665c43747},
	11: {exp: -1, hi: 0x9a2f80e671bdda20, lo: 0x4226f8e2204ff3bc},
	12: {exp: -1, hi: 0xa4bc7d1934f70924, lo: 0x19a87f2a457dac9e},
	13: {exp: -1, hi: 0xaeac4c38b4d8c080, lo: 0x14725e2f3e52070a},
	14: {exp: -1, hi: 0xb8053e2bc2319e73, lo: 0xcb2da55210a4443d},
	15: {exp: -1, hi: 0xc0ce85b8ac526640, lo: 0x89dd62c46e92fa24},
	16: {exp: -1, hi: 0xc90fdaa22168c234, lo: 0xc4c6628b80dc1cd1},
}

// arctangent is that of t from 0 to 1: that of the nearest k/16, and a series for the rest.
func arctangent(t wide) wide {
	k := uint64(0)
	if t.exp >= -5 {
		k = (t.hi>>uint(-t.exp+58) + 1) >> 1 // t in 32nds is t.hi >> (58 - exp)
	}
	if k != 0 {
		c := FromInt(int64(k)).wide()
		c.exp -= 4
		t = t.plus(c.negated()).over(t.times(c).plus(wide{hi: integerBit}))
		if t.isZero() {
			return arctangents[k]
		}
	}
	const terms = 12
	f := t.times(t).fixed()
	sum := fixedOne.over(2*terms + 1)
	for i := uint64(terms); i > 0; i-- {
		sum = fixedOne.over(2*i - 1).minus(f.times(sum))
	}
	return arctangents[k].plus(t.times(sum.positive()))
}

// ArctangentExt is the angle of the point (a, b): FPATAN (SDM vol. 2, table 3-30).
func (e *Env) ArctangentExt(a, b Number) Ext {
	e.Away = false
	if special(&a, &b) {
		return packExt(e.nans(&extended, a, b))
	}
	e.denormals(&a, &b)
	flat := b.class == zero || a.class == infinite && b.class != infinite
	switch {
	case flat && !a.sign:
		return packExt(Number{sign: b.sign})
	case flat:
		return e.angle(scaledConstant(Pi, 0), b.sign)
	case a.class == infinite:
		w := scaledConstant(Pi, -2)
		if a.sign {
			w = w.plus(scaledConstant(Pi, -1))
		}
		return e.angle(w, b.sign)
	case a.class == zero || b.class == infinite:
		return e.angle(scaledConstant(Pi, -1), b.sign)
	}
	return e.angleOf(a, b)
}

// angleOf is the angle of a point with finite coordinates other than 0.
func (e *Env) angleOf(a, b Number) Ext {
	x, y := a.wide(), b.wide()
	x.sign, y.sign = false, false
	steep := y.exp > x.exp || y.exp == x.exp && y.hi > x.hi
	if steep {
		x, y = y, x
	}
	t := y.over(x)
	w := arctangent(t)
	switch {
	case steep && a.sign:
		w = scaledConstant(Pi, -1).plus(w)
	case steep:
		w = scaledConstant(Pi, -1).plus(w.negated())
	case a.sign:
		w = scaledConstant(Pi, 0).plus(w.negated())
	}
	return e.angle(w, b.sign)
}

func (e *Env) angle(w wide, sign bool) Ext {
	w.sign = sign
	return e.inexact(w)
}

// The instructions reduce by a π of 66 bits (SDM vol. 1, 8.3.8): π/2 is quarter / 2^65.
const quarterHi, quarterLo = 3, 0x243f6a8885a308d3

// reduce is the rest of a beside the nearest multiple of π/2, which is at most π/4, and the multiple's lowest two bits.
func reduce(a Number) (rest wide, quadrant uint8) {
	if a.exp < -1 {
		return a.wide(), 0
	}
	hi, lo := uint64(0), a.mant // in units of 2^-65, after as many shifts
	for range a.exp + 2 {
		hi, lo, quadrant = hi<<1|lo>>63, lo<<1, quadrant<<1
		if hi > quarterHi || hi == quarterHi && lo >= quarterLo {
			l, b := bits.Sub64(lo, quarterLo, 0)
			hi, lo, quadrant = hi-quarterHi-b, l, quadrant|1
		}
	}
	sign := a.sign
	if 2*hi+lo>>63 > quarterHi || 2*hi+lo>>63 == quarterHi && lo<<1 > quarterLo {
		l, b := bits.Sub64(quarterLo, lo, 0)
		hi, lo, quadrant, sign = quarterHi-hi-b, l, quadrant+1, !sign
	}
	exp, hi, lo := normalise(127-65, hi, lo)
	return wide{sign, exp, hi, lo}, quadrant & 3
}

// sine is that of t, at most π/4.
func sine(t wide) wide {
	const terms = 14
	f := t.times(t).fixed()
	sum := fixedOne
	for k := uint64(terms); k > 0; k-- {
		sum = fixedOne.minus(f.times(sum).over(2 * k * (2*k + 1)))
	}
	if sum == fixedOne {
		sum = sum.minus(fixed{0, 1})
	}
	return t.times(sum.positive())
}

// cosine is that of t, at most π/4.
func cosine(t wide) wide {
	const terms = 14
	f := t.times(t).fixed()
	sum := fixedOne
	for k := uint64(terms); k > 0; k-- {
		sum = fixedOne.minus(f.times(sum).over(2 * k * (2*k - 1)))
	}
	if sum == fixedOne {
		sum = sum.minus(fixed{0, 1})
	}
	return sum.positive()
}

// circle is the sine and cosine of a finite number below 2^63.
func circle(a Number) (sin, cos wide) {
	rest, quadrant := reduce(a)
	sin, cos = sine(rest), cosine(rest)
	if quadrant&1 != 0 {
		sin, cos = cos, sin
		if a.sign {
			sin.sign = !sin.sign
		}
		cos.sign = !cos.sign
		if a.sign {
			cos.sign = !cos.sign
		}
	}
	if quadrant&2 != 0 {
		sin.sign, cos.sign = !sin.sign, !cos.sign
	}
	return sin, cos
}

// trigonometric gives the results that need no computation: false for an operand out of range.
func (e *Env) trigonometric(a Number) (special, ok bool, sin, cos Ext) {
	e.Away = false
	switch {
	case a.class >= nan:
		n := packExt(e.nans(&extended, a))
		return true, true, n, n
	case a.class == infinite:
		n := packExt(e.invalid())
		return true, true, n, n
	case a.class == zero:
		return true, true, packExt(a), packExt(Number{class: finite, mant: integerBit})
	case a.exp >= 63:
		return true, false, Ext{}, Ext{}
	}
	e.denormals(&a, &a)
	return false, true, Ext{}, Ext{}
}

// SineExt is the sine of a: FSIN. It, and its kind, report false for an operand of 2^63 and more.
func (e *Env) SineExt(a Number) (Ext, bool) {
	if special, ok, sin, _ := e.trigonometric(a); special {
		return sin, ok
	}
	sin, _ := circle(a)
	return e.inexact(sin), true
}

// CosineExt is the cosine of a: FCOS.
func (e *Env) CosineExt(a Number) (Ext, bool) {
	if special, ok, _, cos := e.trigonometric(a); special {
		return cos, ok
	}
	_, cos := circle(a)
	return e.inexact(cos), true
}

// SineCosineExt is both: FSINCOS.
func (e *Env) SineCosineExt(a Number) (sin, cos Ext, ok bool) {
	special, ok, sin, cos := e.trigonometric(a)
	if special {
		return sin, cos, ok
	}
	s, c := circle(a)
	sin = e.inexact(s)
	return sin, e.inexact(c), true
}

// TangentExt is the tangent of a, and 1: FPTAN.
func (e *Env) TangentExt(a Number) (tan, one Ext, ok bool) {
	special, ok, tan, one := e.trigonometric(a)
	if special {
		return tan, one, ok
	}
	s, c := circle(a)
	return e.inexact(s.over(c)), packExt(Number{class: finite, mant: integerBit}), true
}
