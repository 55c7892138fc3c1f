package softfloat

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The second implementation of the transcendental functions: power series on 600 bits.

const bigBits = 600

func bigInt(n int64) *big.Float { return new(big.Float).SetPrec(bigBits).SetInt64(n) }

func (n Number) big() *big.Float { return new(big.Float).SetPrec(bigBits).SetRat(n.rat()) }

func op2(f func(z, x, y *big.Float) *big.Float) func(x, y *big.Float) *big.Float {
	return func(x, y *big.Float) *big.Float { return f(new(big.Float).SetPrec(bigBits), x, y) }
}

var bigAdd, bigSub, bigMul, bigQuo = op2((*big.Float).Add), op2((*big.Float).Sub), op2((*big.Float).Mul), op2((*big.Float).Quo)

// series adds terms until they do not matter. next makes term k of term k-1.
func series(first *big.Float, next func(term *big.Float, k int64) *big.Float) *big.Float {
	sum, term := first, first
	for k := int64(1); term.Sign() != 0 && term.MantExp(nil) > sum.MantExp(nil)-bigBits; k++ {
		term = next(term, k)
		sum = bigAdd(sum, term)
	}
	return sum
}

func bigSquareRoot(x *big.Float) *big.Float { return new(big.Float).SetPrec(bigBits).Sqrt(x) }

// oddSeries is x ± x³/3 + x⁵/5 ± ...: artanh, and with minus arctan.
func oddSeries(x *big.Float, minus bool) *big.Float {
	square := bigMul(x, x)
	if minus {
		square.Neg(square)
	}
	power := x
	return series(x, func(_ *big.Float, k int64) *big.Float {
		power = bigMul(power, square)
		return bigQuo(power, bigInt(2*k+1))
	})
}

// bigLog is the natural logarithm, of a root near 1.
func bigLog(x *big.Float) *big.Float {
	const roots = 20
	for range roots {
		x = bigSquareRoot(x)
	}
	half := oddSeries(bigQuo(bigSub(x, bigInt(1)), bigAdd(x, bigInt(1))), false)
	return half.SetMantExp(half, roots+1)
}

func bigArctan(x *big.Float) *big.Float {
	const halves = 8
	for range halves {
		x = bigQuo(x, bigAdd(bigInt(1), bigSquareRoot(bigAdd(bigInt(1), bigMul(x, x)))))
	}
	a := oddSeries(x, true)
	return a.SetMantExp(a, halves)
}

func bigPi() *big.Float {
	a := bigArctan(bigInt(1))
	return a.SetMantExp(a, 2)
}

// bigSine is sin x, or cos x.
func bigSine(x *big.Float, cosine bool) *big.Float {
	first, odd := x, int64(0)
	if cosine {
		first, odd = bigInt(1), -1
	}
	square := bigMul(x, x)
	return series(first, func(t *big.Float, k int64) *big.Float {
		t = bigMul(t, square)
		return bigQuo(t.Neg(t), bigInt(2*k*(2*k+1+2*odd)))
	})
}

// pi66 is π as the instructions have it.
func pi66() *big.Rat {
	return scaled(new(big.Int).SetBytes([]byte{3, 0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3}), -64)
}

// bigCircle is the sine and cosine of x, of which the multiple of π/2 is taken off first.
func bigCircle(x *big.Rat) (sin, cos *big.Float) {
	quarter := new(big.Rat).Mul(pi66(), big.NewRat(1, 2))
	n, _ := nearbyRat(new(big.Rat).Quo(x, quarter))
	r := new(big.Float).SetPrec(bigBits).SetRat(quarter.Sub(x, quarter.Mul(quarter, new(big.Rat).SetInt(n))))
	sin, cos = bigSine(r, false), bigSine(r, true)
	for range new(big.Int).And(n, big.NewInt(3)).Int64() {
		sin, cos = cos, sin.Neg(sin)
	}
	return sin, cos
}

func nearbyRat(q *big.Rat) (*big.Int, bool) {
	n, inexact, _ := nearby(ratio(new(big.Rat).Abs(q)), 0, Nearest, false)
	if q.Sign() < 0 {
		n = new(big.Int).Neg(n)
	}
	return n, inexact
}

// nearUnit fails if got is more than a little over half a unit of the last place away.
func nearUnit(t *rapid.T, want *big.Float, x Ext) {
	got := x.Unpack()
	if want.Sign() == 0 || want.MantExp(nil) < -16380 {
		return
	}
	require.Equal(t, finite, got.class, "%x", x)
	unit := new(big.Float).SetMantExp(bigInt(1), int(got.exp)-63)
	off := bigQuo(bigSub(got.big(), want), unit)
	off.Abs(off)
	require.Negative(t, off.Cmp(big.NewFloat(0.5000001)), "%x is %v units off", x, off)
}

// moderate draws a finite number from 2^low to 2^high.
func moderate(t *rapid.T, name string, low, high int32) Number {
	n := Number{class: finite, sign: rapid.Bool().Draw(t, name+" sign"), exp: rapid.Int32Range(low, high-1).Draw(t, name+" exponent")}
	n.mant = rapid.OneOf(rapid.Uint64(), rapid.Map(rapid.IntRange(0, 63), func(i int) uint64 { return ^uint64(0) << i })).Draw(t, name) | integerBit
	return n
}

func TestExp2M1(t *testing.T) {
	ln2 := bigLog(bigInt(2))
	rapid.Check(t, func(t *rapid.T) {
		a := moderate(t, "a", -80, 0)
		x := bigMul(a.big(), ln2)
		want := series(x, func(term *big.Float, k int64) *big.Float { return bigQuo(bigMul(term, x), bigInt(k+1)) })
		var e Env
		nearUnit(t, want, e.Exp2M1Ext(a))
		require.Equal(t, Inexact, e.Flags)
	})
}

func TestLog2(t *testing.T) {
	ln2 := bigLog(bigInt(2))
	rapid.Check(t, func(t *rapid.T) {
		a, b := moderate(t, "a", -5, 5), moderate(t, "b", -70, 70)
		a.sign = false
		if a.mant == integerBit {
			t.Skip()
		}
		var e Env
		nearUnit(t, bigMul(b.big(), bigQuo(bigLog(a.big()), ln2)), e.Log2Ext(a, b))
		require.Equal(t, Inexact, e.Flags)
	})
}

func TestLog2P1(t *testing.T) {
	ln2 := bigLog(bigInt(2))
	rapid.Check(t, func(t *rapid.T) {
		a, b := moderate(t, "a", -70, 1), moderate(t, "b", -70, 70)
		if a.sign && a.exp == 0 {
			t.Skip()
		}
		var e Env
		nearUnit(t, bigMul(b.big(), bigQuo(bigLog(bigAdd(bigInt(1), a.big())), ln2)), e.Log2P1Ext(a, b))
	})
}

func TestArctangent(t *testing.T) {
	pi := bigPi()
	rapid.Check(t, func(t *rapid.T) {
		a, b := moderate(t, "a", -70, 70), moderate(t, "b", -70, 70)
		want := bigArctan(bigQuo(b.big(), a.big()))
		switch {
		case a.sign && b.sign:
			want = bigSub(want, pi)
		case a.sign:
			want = bigAdd(want, pi)
		}
		var e Env
		nearUnit(t, want, e.ArctangentExt(a, b))
		require.Equal(t, Inexact, e.Flags)
	})
}

func TestSineCosineTangent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := moderate(t, "a", -70, 63)
		sin, cos := bigCircle(a.rat())
		var e Env
		s, ok := e.SineExt(a)
		require.True(t, ok)
		nearUnit(t, sin, s)
		c, ok := e.CosineExt(a)
		require.True(t, ok)
		nearUnit(t, cos, c)
		both, again, ok := e.SineCosineExt(a)
		require.True(t, ok)
		require.Equal(t, [2]Ext{s, c}, [2]Ext{both, again})
		tan, one, ok := e.TangentExt(a)
		require.True(t, ok)
		nearUnit(t, bigQuo(sin, cos), tan)
		require.Equal(t, Ext{extBias, integerBit}, one)
		require.Equal(t, Inexact, e.Flags)
	})
	var e Env
	_, ok := e.SineExt(Number{class: finite, exp: 63, mant: integerBit})
	require.False(t, ok, "out of range")
}

func TestConstants(t *testing.T) {
	ln2, ln10 := bigLog(bigInt(2)), bigLog(bigInt(10))
	for k, want := range map[Constant]*big.Float{
		One: bigInt(1), Pi: bigPi(), LnTwo: ln2, Log2E: bigQuo(bigInt(1), ln2), Log2Ten: bigQuo(ln10, ln2), Log10Two: bigQuo(ln2, ln10),
	} {
		for _, r := range []Rounding{Nearest, Down, Up, Zero} {
			e := Env{Rounding: r}
			x, _ := want.Rat(nil)
			v, _, _ := naive(&extended, 64, ratio(x), magnitudeOf(x), r, false)
			got := e.LoadConstant(k).Unpack()
			require.Zero(t, v.Cmp(got.rat()), "constant %d, rounding %d", k, r)
			require.Zero(t, e.Flags)
		}
	}
	var e Env
	require.Equal(t, Ext{}, e.LoadConstant(NoConstant))
	for k := range arctangents[1:] {
		want := bigArctan(bigQuo(bigInt(int64(k+1)), bigInt(16)))
		w := arctangents[k+1]
		m := new(big.Int).SetUint64(w.hi)
		m.Lsh(m, 64).Add(m, new(big.Int).SetUint64(w.lo))
		off := bigSub(want, new(big.Float).SetPrec(bigBits).SetRat(scaled(m, int(w.exp)-127)))
		require.GreaterOrEqual(t, off.Sign(), 0)
		require.Less(t, off.MantExp(nil), int(w.exp)-126, "arctan %d/16", k+1)
	}
}

// TestRemainder compares FPREM and FPREM1 with exact quotients.
func TestRemainder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := moderate(t, "b", -50, 50)
		a := moderate(t, "a", b.exp-4, b.exp+150)
		nearest := rapid.Bool().Draw(t, "nearest")
		var e Env
		r := e.RemainderExt(a, b, nearest)
		require.Zero(t, e.Flags)
		x, y := a.rat(), b.rat()
		d := a.exp - b.exp
		q := new(big.Rat).Quo(x, y)
		var n *big.Int
		switch {
		case d >= 64:
			require.True(t, r.Partial)
			drop := uint(d - 32 - d%32)
			n = new(big.Int).Quo(q.Num(), new(big.Int).Lsh(q.Denom(), drop))
			n.Lsh(n, drop)
		case nearest:
			n, _ = nearbyRat(q)
		default:
			n = new(big.Int).Quo(q.Num(), q.Denom())
		}
		want := x.Sub(x, y.Mul(y, new(big.Rat).SetInt(n)))
		got := r.Value.Unpack()
		require.Zero(t, want.Cmp(got.rat()), "%v, expected %v", got.rat(), want)
		if d < 64 {
			require.Equal(t, uint8(new(big.Int).And(n.Abs(n), big.NewInt(7)).Int64()), r.Quotient)
		}
	})
}

func TestScaleAndExtract(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := operand(t, &extended, "a", nil)
		if a.class != finite {
			t.Skip()
		}
		n := rapid.Int32Range(-40000, 40000).Draw(t, "n")
		e := environment(t)
		got := e.ScaleExt(a, FromInt(int64(n))).Unpack()
		e.Precision = 64
		moved := Number{class: finite, sign: a.sign, exp: a.exp + n, mant: a.mant}
		want := e
		want.Flags = denormalFlag(a)
		require.Equal(t, packExt(want.round(&extended, 64, moved.sign, moved.exp, moved.mant, 0)), packExt(got))
		require.Equal(t, want.Flags, e.Flags)
		exponent, significand := e.ExtractExt(a)
		require.Equal(t, int64(a.exp), e.ToInt(exponent.Unpack(), 32, Nearest))
		require.Equal(t, a.mant, significand.Mant)
	})
	var e Env
	exponent, _ := e.ExtractExt(Number{sign: true})
	require.Equal(t, Ext{0xffff, integerBit}, exponent)
	require.Equal(t, ZeroDiv, e.Flags)
}

func TestKind(t *testing.T) {
	for x, want := range map[Ext]Kind{
		{0, 0}: KindZero, {0x8000, 1}: KindDenormal, {0, integerBit}: KindDenormal, {1, integerBit}: KindNormal, {1, 1}: KindUnsupported,
		{0x7fff, integerBit}: KindInfinity, {0x7fff, integerBit | 1}: KindNaN, {0x7fff, 1}: KindUnsupported, Indefinite(): KindNaN,
	} {
		require.Equal(t, want, x.Kind(), "%x", x)
	}
}
