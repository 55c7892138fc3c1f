package softfloat

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	quiet1, quiet2   = 0x7ff8000000000001, 0xfff8000000000002
	signal1, signal2 = 0x7ff0000000000001, 0xfff0000000000002
	one64, small64   = 0x3ff0000000000000, 0x8000000000000123
)

// TestNaN: SSE takes the first operand that is one, made quiet (SDM vol. 1, table 4-7).
func TestNaN(t *testing.T) {
	for _, x := range []struct {
		a, b, want uint64
		flags      Flags
	}{
		{quiet1, quiet2, quiet1, 0}, {quiet2, quiet1, quiet2, 0}, {one64, quiet2, quiet2, 0},
		{signal1, quiet2, quiet1, Invalid}, {quiet1, signal2, quiet1, Invalid}, {small64, signal2, quiet2, Invalid},
		{small64, quiet1, quiet1, 0},
	} {
		for name, op := range map[string]func(e *Env, a, b uint64) uint64{"add": (*Env).Add64, "sub": (*Env).Sub64, "mul": (*Env).Mul64, "div": (*Env).Div64} {
			var e Env
			require.Equal(t, x.want, op(&e, x.a, x.b), "%s %x %x", name, x.a, x.b)
			require.Equal(t, x.flags, e.Flags, "%s %x %x", name, x.a, x.b)
		}
	}
	var e Env
	require.Equal(t, uint32(0x7fc00000), e.Convert32(e.Unpack64(quiet1)))
	require.Equal(t, uint64(quiet1|7<<32), e.Sqrt64(signal1|7<<32))
}

// TestNaNOfExtended: x87 takes a quiet one, the larger significand, the positive one, in this order.
func TestNaNOfExtended(t *testing.T) {
	quiet, signal := func(se uint16, m uint64) Ext { return Ext{se, 3<<62 | m} }, func(se uint16, m uint64) Ext { return Ext{se, 1<<63 | m} }
	for _, x := range []struct {
		a, b, want Ext
		flags      Flags
	}{
		{quiet(0x7fff, 1), quiet(0xffff, 2), quiet(0xffff, 2), 0},
		{quiet(0xffff, 1), quiet(0x7fff, 1), quiet(0x7fff, 1), 0},
		{signal(0x7fff, 9), quiet(0x7fff, 1), quiet(0x7fff, 1), Invalid},
		{signal(0x7fff, 9), signal(0xffff, 8), quiet(0x7fff, 9), Invalid},
		{signal(0x7fff, 9), Ext{0x3fff, 1 << 63}, quiet(0x7fff, 9), Invalid},
		{Ext{0x3fff, 1}, quiet(0x7fff, 1), Ext{0xffff, 3 << 62}, Invalid},
		{Ext{0x7fff, 0}, Ext{0x3fff, 1 << 63}, Ext{0xffff, 3 << 62}, Invalid},
	} {
		for name, op := range map[string]func(e *Env, a, b Number) Ext{"add": (*Env).AddExt, "sub": (*Env).SubExt, "mul": (*Env).MulExt, "div": (*Env).DivExt} {
			for range 2 {
				var e Env
				require.Equal(t, x.want, op(&e, x.a.Unpack(), x.b.Unpack()), "%s %x %x", name, x.a, x.b)
				require.Equal(t, x.flags, e.Flags)
				x.a, x.b = x.b, x.a
			}
		}
	}
}

// TestNaNOfFMA: in the order of x y + z; a quiet addend goes before an invalid product.
func TestNaNOfFMA(t *testing.T) {
	const inf, quiet3 = 0x7ff0000000000000, 0x7ff8000000000003
	for _, x := range []struct {
		a, b, c, want uint64
		flags         Flags
	}{
		{quiet1, quiet2, quiet3, quiet1, 0}, {one64, quiet2, quiet3, quiet2, 0}, {inf, 0, quiet3, quiet3, 0},
		{inf, 0, signal1, quiet1, Invalid}, {inf, 0, one64, 0xfff8000000000000, Invalid},
		{inf, one64, 0xfff0000000000000, 0xfff8000000000000, Invalid},
	} {
		var e Env
		require.Equal(t, x.want, e.FMA64(x.a, x.b, x.c, 0))
		require.Equal(t, x.flags, e.Flags)
	}
	var e Env
	require.Equal(t, math.Float64bits(-7), e.FMA64(math.Float64bits(2), math.Float64bits(3), math.Float64bits(1), NegateProduct|NegateAddend))
	require.Equal(t, math.Float32bits(5), e.FMA32(math.Float32bits(2), math.Float32bits(3), math.Float32bits(1), NegateAddend))
	require.Equal(t, uint64(quiet2), e.FMA64(one64, one64, quiet2, NegateAddend), "a NaN keeps its sign")
}

func TestDenormalsAreZeros(t *testing.T) {
	e := Env{DAZ: true}
	require.Equal(t, uint64(one64), e.Add64(one64, small64))
	require.Equal(t, uint64(1<<63), e.Mul64(one64, small64))
	require.Equal(t, uint64(1<<63), e.Sqrt64(small64))
	require.Zero(t, e.ToInt(e.Unpack64(small64), 32, Up))
	require.Equal(t, Equal, e.Compare(e.Unpack32(1), e.Unpack32(0), false))
	require.Zero(t, e.Flags)
	e.Div64(one64, small64)
	require.Equal(t, ZeroDiv, e.Flags)
}

func TestFlushToZero(t *testing.T) {
	const least = 0x0010000000000000 // the smallest normal number
	half := math.Float64bits(0.5)
	e := Env{FTZ: true, Rounding: Up}
	require.Zero(t, e.Mul64(least, half), "exact, and tiny")
	require.Equal(t, Underflow|Inexact, e.Flags)
	require.Equal(t, uint64(1<<63), e.Mul64(least|1<<63, half))
	e = Env{FTZ: true, Unmasked: Underflow}
	e.Mul64(least, half)
	require.Equal(t, Underflow, e.Flags, "FTZ does nothing while underflow is unmasked")
	e = Env{}
	require.Equal(t, uint64(least/2), e.Mul64(least, half))
	require.Zero(t, e.Flags, "exact: no underflow while it is masked")
}

// TestUnmaskedExtended: the exponent of a result out of range moves by 24576.
func TestUnmaskedExtended(t *testing.T) {
	big, small := Ext{0x7ffe, 1 << 63}, Ext{0x0001, 1 << 63}
	e := Env{Unmasked: Overflow | Underflow}
	require.Equal(t, Ext{2*0x7ffe - extBias - wrap, 1 << 63}, e.MulExt(big.Unpack(), big.Unpack()))
	require.Equal(t, Overflow, e.Flags)
	e.Flags = 0
	require.Equal(t, Ext{2 - extBias + wrap, 1 << 63}, e.MulExt(small.Unpack(), small.Unpack()))
	require.Equal(t, Underflow, e.Flags)
}

// TestMinMax (SDM vol. 2, MINSD, MAXSD): of equals and of NaNs the second operand.
func TestMinMax(t *testing.T) {
	const minus = 1 << 63
	var e Env
	require.Equal(t, uint64(minus), e.Min64(0, minus))
	require.Zero(t, e.Max64(minus, 0))
	require.Equal(t, uint64(one64|minus), e.Min64(one64|minus, one64))
	require.Equal(t, uint64(one64), e.Max64(one64, one64|minus))
	require.Equal(t, uint32(1), e.Min32(1, 2))
	require.Equal(t, uint32(2), e.Max32(1, 2))
	require.Equal(t, Denormal, e.Flags)
	e.Flags = 0
	require.Equal(t, uint64(one64), e.Min64(quiet1, one64))
	require.Equal(t, uint64(signal1), e.Max64(one64, signal1))
	require.Equal(t, Invalid, e.Flags)
}

func TestHalf(t *testing.T) {
	e := Env{FTZ: true, DAZ: true}
	require.Equal(t, uint32(0x33800000), e.Convert32(UnpackHalf(1)), "denormal halves are not zeros")
	require.Equal(t, uint16(1), e.ConvertHalf(e.Unpack32(0x33800000)), "no flush to zero")
	require.Zero(t, e.Flags)
	require.Equal(t, uint16(0x7c00), e.ConvertHalf(e.Unpack32(math.Float32bits(65520))))
	require.Equal(t, Overflow|Inexact, e.Flags)
}

func TestSignallingComparison(t *testing.T) {
	var e Env
	require.Equal(t, Unordered, e.Compare(e.Unpack64(quiet1), e.Unpack64(one64), true))
	require.Zero(t, e.Flags)
	require.Equal(t, Unordered, e.Compare(e.Unpack64(quiet1), e.Unpack64(one64), false))
	require.Equal(t, Invalid, e.Flags)
}

func TestRoundIntOfFormats(t *testing.T) {
	var e Env
	require.Equal(t, math.Float32bits(2), e.RoundInt32(math.Float32bits(2.5), Nearest))
	require.Equal(t, math.Float64bits(-3), e.RoundInt64(math.Float64bits(-2.5), Down))
	require.Equal(t, uint32(1<<31), e.RoundInt32(math.Float32bits(-0.25), Up))
	require.Equal(t, Ext{0, 0}, e.RoundIntExt(Ext{0, 1}.Unpack()))
	require.Equal(t, Inexact|Denormal, e.Flags)
}

func BenchmarkAdd64(b *testing.B) {
	e := Env{}
	x := math.Float64bits(1.1)
	for range b.N {
		x = e.Add64(x, 0x3ff123456789abcd)
	}
}

func BenchmarkMul64(b *testing.B) {
	e := Env{}
	for range b.N {
		e.Mul64(0x3ff3333333333333, 0x3ff123456789abcd)
	}
}

func BenchmarkDivExt(b *testing.B) {
	e := Env{}
	x, y := FromInt(355), FromInt(113)
	for range b.N {
		e.DivExt(x, y)
	}
}
