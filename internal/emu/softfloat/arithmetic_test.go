package softfloat

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// operand draws a number of f: of all kinds, near the edges of the format, and near another one.
func operand(t *rapid.T, f *format, name string, near *Number) Number {
	mant := rapid.OneOf(
		rapid.Uint64(),
		rapid.Map(rapid.IntRange(0, 63), func(i int) uint64 { return 1 << i }),
		rapid.Map(rapid.IntRange(0, 63), func(i int) uint64 { return ^uint64(0) << i }),
		rapid.Map(rapid.IntRange(0, 63), func(i int) uint64 { return 1<<i - 1 }),
	).Draw(t, name+" significand")
	top := uint64(2*f.emax + 1)
	exponents := []*rapid.Generator[uint64]{
		rapid.Uint64Range(0, top), rapid.Uint64Range(0, 3), rapid.Uint64Range(top-3, top),
		around(top/2, 70, top), around(top/4, 30, top), around(top/2+top/4, 30, top),
	}
	if near != nil && near.class == finite {
		at := max(0, min(int64(top), int64(near.exp+f.emax)))
		exponents = append(exponents, around(uint64(at), 70, top))
	}
	biased := rapid.OneOf(exponents...).Draw(t, name+" exponent")
	sign := rapid.Bool().Draw(t, name+" sign")
	if f.extended {
		x := Ext{uint16(biased), mant}
		if sign {
			x.SE |= extSign
		}
		if biased != 0 && rapid.IntRange(0, 9).Draw(t, name+" supported") != 0 {
			x.Mant |= integerBit
		}
		return x.Unpack()
	}
	v := mant<<1>>(64-f.prec+1) | biased<<(f.prec-1)
	if sign {
		v |= (top + 1) << (f.prec - 1)
	}
	return f.unpack(v)
}

func around(n, d, top uint64) *rapid.Generator[uint64] {
	return rapid.Uint64Range(n-min(n, d), min(top, n+d))
}

func environment(t *rapid.T) Env {
	return Env{
		Rounding:  Rounding(rapid.IntRange(0, 3).Draw(t, "rounding")),
		Precision: rapid.SampledFrom([]uint8{24, 53, 64}).Draw(t, "precision"),
	}
}

// expectation is what an operation must give.
type expectation struct {
	class class
	sign  bool
	value *big.Rat
	flags Flags
	away  bool
}

func (x expectation) check(t *rapid.T, e *Env, got Number) {
	require.Equal(t, fmt.Sprintf("%06b", x.flags), fmt.Sprintf("%06b", e.Flags), "flags")
	require.Equal(t, x.away, e.Away, "away")
	if x.class == nan {
		require.Equal(t, indefinite, got)
		return
	}
	require.Equal(t, x.sign, got.sign, "sign")
	if x.class == infinite {
		require.Equal(t, infinite, got.class)
		return
	}
	require.LessOrEqual(t, got.class, finite)
	require.Zero(t, x.value.Cmp(new(big.Rat).Abs(got.rat())), "%v, expected %v", got, x.value)
}

// rounded is what a finite result becomes. An exact zero has the sign given.
func rounded(f *format, e *Env, x *big.Rat, zeroSign bool, flags Flags) expectation {
	if x.Sign() == 0 {
		return expectation{sign: zeroSign, value: x, flags: flags}
	}
	abs := new(big.Rat).Abs(x)
	prec := f.prec
	if f.extended {
		prec = e.precision()
	}
	v, more, away := naive(f, prec, ratio(abs), magnitudeOf(abs), e.Rounding, x.Sign() < 0)
	return finish(v, x.Sign() < 0, flags|more, away)
}

func finish(v *big.Rat, sign bool, flags Flags, away bool) expectation {
	if v == nil {
		return expectation{class: infinite, sign: sign, flags: flags, away: away}
	}
	return expectation{class: finite, sign: sign, value: v, flags: flags, away: away}
}

func denormalFlag(list ...Number) (f Flags) {
	for _, n := range list {
		if n.denormal {
			f = Denormal
		}
	}
	return f
}

var invalidResult = expectation{class: nan, flags: Invalid}

func eachFormat(t *testing.T, test func(t *rapid.T, f *format)) {
	for name, f := range map[string]*format{"binary32": &binary32, "binary64": &binary64, "extended": &extended} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { test(t, f) })
		})
	}
}

// apart leaves out exponents of x87 so far apart that the second implementation takes long.
func apart(t *rapid.T, list ...Number) {
	for _, a := range list {
		for _, b := range list {
			if a.class == finite && b.class == finite && (a.exp-b.exp > 3000 || b.exp-a.exp > 3000) {
				t.Skip()
			}
		}
		if a.class > infinite {
			t.Skip() // see TestNaN
		}
	}
}

func TestAdd(t *testing.T) {
	eachFormat(t, func(t *rapid.T, f *format) {
		e := environment(t)
		a := operand(t, f, "a", nil)
		b := operand(t, f, "b", &a)
		apart(t, a, b)
		want := expectAdd(f, &e, a, b)
		want.check(t, &e, e.add(f, a, b))
	})
}

func expectAdd(f *format, e *Env, a, b Number) expectation {
	flags := denormalFlag(a, b)
	switch {
	case a.class == infinite && b.class == infinite && a.sign != b.sign:
		return invalidResult
	case a.class == infinite:
		return expectation{class: infinite, sign: a.sign, flags: flags}
	case b.class == infinite:
		return expectation{class: infinite, sign: b.sign, flags: flags}
	}
	zeroSign := e.Rounding == Down
	if a.class == zero && b.class == zero && a.sign == b.sign {
		zeroSign = a.sign
	}
	return rounded(f, e, new(big.Rat).Add(a.rat(), b.rat()), zeroSign, flags)
}

func TestMul(t *testing.T) {
	eachFormat(t, func(t *rapid.T, f *format) {
		e := environment(t)
		a, b := operand(t, f, "a", nil), operand(t, f, "b", nil)
		apart(t, a)
		apart(t, b)
		sign := a.sign != b.sign
		want := rounded(f, &e, new(big.Rat).Mul(a.rat(), b.rat()), sign, denormalFlag(a, b))
		if a.class == infinite || b.class == infinite {
			want = expectation{class: infinite, sign: sign, flags: denormalFlag(a, b)}
			if a.class == zero || b.class == zero {
				want = invalidResult
			}
		}
		want.check(t, &e, e.mul(f, a, b))
	})
}

func TestDiv(t *testing.T) {
	eachFormat(t, func(t *rapid.T, f *format) {
		e := environment(t)
		a, b := operand(t, f, "a", nil), operand(t, f, "b", nil)
		apart(t, a)
		apart(t, b)
		sign := a.sign != b.sign
		var want expectation
		switch {
		case a.class == infinite && b.class == infinite || a.class == zero && b.class == zero:
			want = invalidResult
		case a.class == infinite:
			want = expectation{class: infinite, sign: sign, flags: denormalFlag(b)}
		case b.class == zero:
			want = expectation{class: infinite, sign: sign, flags: ZeroDiv}
		case b.class == infinite:
			want = expectation{sign: sign, value: new(big.Rat), flags: denormalFlag(a)}
		default:
			want = rounded(f, &e, new(big.Rat).Quo(a.rat(), b.rat()), sign, denormalFlag(a, b))
		}
		want.check(t, &e, e.div(f, a, b))
	})
}

func TestSqrt(t *testing.T) {
	eachFormat(t, func(t *rapid.T, f *format) {
		e := environment(t)
		a := operand(t, f, "a", nil)
		apart(t, a)
		want := expectation{class: a.class, sign: a.sign, value: new(big.Rat)}
		switch {
		case a.class != zero && a.sign:
			want = invalidResult
		case a.class == finite:
			prec := f.prec
			if f.extended {
				prec = e.precision()
			}
			v, flags, away := naive(f, prec, squareRoot(a.rat()), int(a.exp>>1), e.Rounding, false)
			want = finish(v, false, flags|denormalFlag(a), away)
		}
		want.check(t, &e, e.sqrt(f, a))
	})
}

func TestFMA(t *testing.T) {
	for _, f := range []*format{&binary32, &binary64} {
		rapid.Check(t, func(t *rapid.T) {
			e := environment(t)
			a, b := operand(t, f, "a", nil), operand(t, f, "b", nil)
			var p *Number
			if a.class == finite && b.class == finite {
				p = &Number{class: finite, exp: a.exp + b.exp}
			}
			c := operand(t, f, "c", p)
			apart(t, a)
			apart(t, b)
			apart(t, c)
			expectFMA(f, &e, a, b, c).check(t, &e, e.fma(f, a, b, c))
		})
	}
}

func expectFMA(f *format, e *Env, a, b, c Number) expectation {
	sign := a.sign != b.sign
	flags := denormalFlag(a, b, c)
	if a.class == infinite || b.class == infinite {
		if a.class == zero || b.class == zero || c.class == infinite && c.sign != sign {
			return invalidResult
		}
		return expectation{class: infinite, sign: sign, flags: flags}
	}
	if c.class == infinite {
		return expectation{class: infinite, sign: c.sign, flags: flags}
	}
	zeroSign := e.Rounding == Down
	if (a.class == zero || b.class == zero) && c.class == zero && sign == c.sign {
		zeroSign = sign
	}
	x := new(big.Rat).Mul(a.rat(), b.rat())
	return rounded(f, e, x.Add(x, c.rat()), zeroSign, flags)
}

// TestConvert narrows every format to every other one.
func TestConvert(t *testing.T) {
	formats := []*format{&binary16, &binary32, &binary64, &extended}
	rapid.Check(t, func(t *rapid.T) {
		e := environment(t)
		e.Precision = 64
		from, to := rapid.SampledFrom(formats).Draw(t, "from"), rapid.SampledFrom(formats).Draw(t, "to")
		a := operand(t, from, "a", nil)
		apart(t, a)
		want := rounded(to, &e, a.rat(), a.sign, denormalFlag(a))
		if a.class == infinite {
			want = expectation{class: infinite, sign: a.sign}
		}
		got := e.convert(to, a)
		want.check(t, &e, got)
		if got.class <= infinite {
			got.denormal = false
			var again Number
			if to.extended {
				again = packExt(got).Unpack()
			} else {
				again = to.unpack(to.pack(got))
			}
			again.denormal = false
			require.Equal(t, got, again)
		}
	})
}

func TestToInt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := environment(t)
		f := rapid.SampledFrom([]*format{&binary32, &binary64, &extended}).Draw(t, "format")
		a := operand(t, f, "a", nil)
		width := rapid.SampledFrom([]uint{16, 32, 64}).Draw(t, "width")
		got := e.ToInt(a, width, e.Rounding)
		least := int64(-1) << (width - 1)
		if a.class > finite {
			require.Equal(t, Invalid, e.Flags)
			require.Equal(t, least, got)
			return
		}
		apart(t, a)
		v, inexact, away := nearby(ratio(new(big.Rat).Abs(a.rat())), 0, e.Rounding, a.sign)
		if a.sign {
			v.Neg(v)
		}
		if v.Cmp(big.NewInt(least)) < 0 || v.Cmp(big.NewInt(^least)) > 0 {
			require.Equal(t, Invalid, e.Flags)
			require.Equal(t, least, got)
			return
		}
		require.Equal(t, v.Int64(), got)
		require.Equal(t, inexact, e.Flags == Inexact)
		require.Equal(t, away, e.Away)
	})
}

func TestRoundInt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := environment(t)
		f := rapid.SampledFrom([]*format{&binary32, &binary64, &extended}).Draw(t, "format")
		a := operand(t, f, "a", nil)
		apart(t, a)
		got := e.roundInt(f, a, e.Rounding)
		if a.class == infinite {
			require.Equal(t, a, got)
			return
		}
		v, inexact, away := nearby(ratio(new(big.Rat).Abs(a.rat())), 0, e.Rounding, a.sign)
		require.Zero(t, new(big.Rat).SetInt(v).Cmp(new(big.Rat).Abs(got.rat())))
		require.Equal(t, a.sign, got.sign)
		require.Equal(t, inexact, e.Flags == Inexact)
		require.Equal(t, away, e.Away)
	})
}

func TestCompare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e Env
		a := operand(t, &binary64, "a", nil)
		b := operand(t, &binary64, "b", &a)
		x, y := math.Float64frombits(to64(a)), math.Float64frombits(to64(b))
		got := e.Compare(a, b, true)
		switch {
		case x < y:
			require.Equal(t, Less, got)
		case x == y:
			require.Equal(t, Equal, got)
		case x > y:
			require.Equal(t, Greater, got)
		default:
			require.Equal(t, Unordered, got)
			require.Equal(t, a.signalling() || b.signalling(), e.Flags == Invalid)
			return
		}
		require.Equal(t, denormalFlag(a, b), e.Flags)
	})
}

func TestFromInt(t *testing.T) {
	for _, i := range []int64{0, 1, -1, 3, math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1, -1<<53 - 1} {
		var e Env
		require.Equal(t, math.Float64bits(float64(i)), e.Convert64(FromInt(i)), "%d", i)
		require.Equal(t, int64(float64(i)) != i || i == math.MaxInt64, e.Flags == Inexact, "%d", i)
	}
}

// TestNative: Go's own arithmetic, where it is taken, gives the same bits and flags.
func TestNative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := operand(t, &binary64, "a", nil)
		b := operand(t, &binary64, "b", &a)
		c := operand(t, &binary64, "c", &b)
		fast := Env{Flags: rapid.SampledFrom([]Flags{0, Inexact}).Draw(t, "flags")}
		slow := fast
		x, y, z := to64(a), to64(b), to64(c)
		require.Equal(t, to64(slow.add(&binary64, a, b)), fast.Add64(x, y))
		require.Equal(t, to64(slow.add(&binary64, a, b.negated())), fast.Sub64(x, y))
		require.Equal(t, slow.Flags, fast.Flags)
		require.Equal(t, to64(slow.mul(&binary64, a, b)), fast.Mul64(x, y))
		require.Equal(t, slow.Flags, fast.Flags)
		require.Equal(t, to64(slow.div(&binary64, a, b)), fast.Div64(x, y))
		require.Equal(t, slow.Flags, fast.Flags)
		require.Equal(t, to64(slow.sqrt(&binary64, a)), fast.Sqrt64(x))
		require.Equal(t, slow.Flags, fast.Flags)
		require.Equal(t, to64(slow.fma(&binary64, a, b, c)), fast.FMA64(x, y, z, 0))
		require.Equal(t, slow.Flags, fast.Flags)
	})
}

func TestNative32(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := operand(t, &binary32, "a", nil)
		b := operand(t, &binary32, "b", &a)
		fast := Env{Flags: rapid.SampledFrom([]Flags{0, Inexact}).Draw(t, "flags")}
		slow := fast
		x, y := to32(a), to32(b)
		require.Equal(t, to32(slow.add(&binary32, a, b)), fast.Add32(x, y))
		require.Equal(t, to32(slow.add(&binary32, a, b.negated())), fast.Sub32(x, y))
		require.Equal(t, slow.Flags, fast.Flags)
		require.Equal(t, to32(slow.mul(&binary32, a, b)), fast.Mul32(x, y))
		require.Equal(t, slow.Flags, fast.Flags)
		require.Equal(t, to32(slow.div(&binary32, a, b)), fast.Div32(x, y))
		require.Equal(t, slow.Flags, fast.Flags)
		require.Equal(t, to32(slow.sqrt(&binary32, a)), fast.Sqrt32(x))
		require.Equal(t, slow.Flags, fast.Flags)
	})
}
