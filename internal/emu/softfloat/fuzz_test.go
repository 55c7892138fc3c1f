package softfloat

import "testing"

// FuzzOperations: no operation panics, and every result is a pattern that unpacks to itself.
func FuzzOperations(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint16(0x7fff), uint16(1), uint16(0))
	f.Fuzz(func(t *testing.T, a, b uint64, aSE, bSE, mode uint16) {
		e := Env{Rounding: Rounding(mode & 3), Precision: [...]uint8{24, 53, 64, 0}[mode>>2&3], Unmasked: Flags(mode >> 4 & 0x3f),
			DAZ: mode>>10&1 != 0, FTZ: mode>>11&1 != 0}
		x, y := Ext{aSE, a}.Unpack(), Ext{bSE, b}.Unpack()
		for _, op := range []func(a, b Number) Ext{
			e.AddExt, e.SubExt, e.MulExt, e.DivExt, e.ScaleExt, e.Log2Ext, e.Log2P1Ext, e.ArctangentExt,
		} {
			if r := op(x, y); r != packExt(r.Unpack()) {
				t.Fatalf("%x is not a result", r)
			}
		}
		e.SqrtExt(x)
		e.RemainderExt(x, y, mode&1 != 0)
		e.ExtractExt(x)
		e.Exp2M1Ext(x)
		e.SineCosineExt(x)
		e.TangentExt(y)
		e.RoundIntExt(x)
		e.ToInt(x, 16, e.Rounding)
		e.Compare(x, y, false)
		e.ConvertExt(e.Unpack64(a))
		e.Convert64(x)
		e.ConvertHalf(x)
		for _, op := range []func(a, b uint64) uint64{e.Add64, e.Sub64, e.Mul64, e.Div64, e.Min64, e.Max64} {
			op(a, b)
		}
		for _, op := range []func(a, b uint32) uint32{e.Add32, e.Sub32, e.Mul32, e.Div32, e.Min32, e.Max32} {
			op(uint32(a), uint32(b))
		}
		e.FMA64(a, b, a, FMASign(mode&3))
		e.Sqrt32(uint32(a))
		e.Sqrt64(b)
	})
}
