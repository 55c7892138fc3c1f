package softfloat

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestQuickIsGeneral compares the operations on packed numbers with the general ones: results, flags, direction of rounding.
func TestQuickIsGeneral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := environment(t)
		e.Unmasked = Flags(rapid.IntRange(0, 63).Draw(t, "unmasked"))
		a := operand(t, &extended, "a", nil)
		b := operand(t, &extended, "b", &a)
		x, y := packExt(a), packExt(b)
		if a.class == unsupported || b.class == unsupported { // is not kept as it was
			x, y = Ext{0x4000, 1}, Ext{0x4001, 1 << 62}
		}
		for name, op := range map[string]struct {
			packed  func(e *Env, a, b Ext) Ext
			general func(e *Env, a, b Number) Ext
		}{
			"add": {(*Env).Add80, (*Env).AddExt},
			"sub": {(*Env).Sub80, (*Env).SubExt},
			"mul": {(*Env).Mul80, (*Env).MulExt},
			"div": {(*Env).Div80, (*Env).DivExt},
			"64": {func(e *Env, a, _ Ext) Ext { return Ext{Mant: e.Narrow64(a)} },
				func(e *Env, a, _ Number) Ext { return Ext{Mant: e.Convert64(a)} }},
			"32": {func(e *Env, a, _ Ext) Ext { return Ext{Mant: uint64(e.Narrow32(a))} },
				func(e *Env, a, _ Number) Ext { return Ext{Mant: uint64(e.Convert32(a))} }},
		} {
			got, want := e, e
			v, w := op.packed(&got, x, y), op.general(&want, x.Unpack(), y.Unpack())
			require.Equal(t, w, v, name)
			require.Equal(t, want, got, name)
		}
	})
}

// TestWiden compares every exponent of both formats.
func TestWiden(t *testing.T) {
	for exp := range uint64(2048) {
		for _, fraction := range []uint64{0, 1, 1<<51 + 12345, 1<<52 - 1} {
			for sign := range uint64(2) {
				var e Env
				v := sign<<63 | exp<<52 | fraction
				n := e.Unpack64(v)
				x, ok := Widen64(v)
				require.Equal(t, n.class == zero || n.class == finite && !n.denormal, ok, "%x", v)
				if ok {
					require.Equal(t, e.ConvertExt(n), x, "%x", v)
				}
				w := uint32(sign<<31 | exp&0xff<<23 | fraction&(1<<23-1))
				n = e.Unpack32(w)
				x, ok = Widen32(w)
				require.Equal(t, n.class == zero || n.class == finite && !n.denormal, ok, "%x", w)
				if ok {
					require.Equal(t, e.ConvertExt(n), x, "%x", w)
				}
			}
		}
	}
	require.Equal(t, Ext{0xc03e, 1 << 63}, ExtOf(-1<<63))
	require.Equal(t, Ext{}, ExtOf(0))
}
