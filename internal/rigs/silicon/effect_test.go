package silicon_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/arch/x86/x86asm"

	"trapline/internal/rigs/silicon"
)

// TestEffects spot-checks the table against the manual, above all where the effect depends on
// the operands.
func TestEffects(t *testing.T) {
	const (
		cf, pf, af, zf, sf, of = silicon.CF, silicon.PF, silicon.AF, silicon.ZF, silicon.SF, silicon.OF
		all                    = silicon.StatusFlags
	)
	tests := []struct {
		name string
		code []byte
		cx   uint64
		want silicon.Effect
	}{
		{"add", []byte{0x01, 0xd8}, 0, silicon.Effect{Writes: all}},
		{"adc", []byte{0x11, 0xd8}, 0, silicon.Effect{Reads: cf, Writes: all}},
		{"mov", []byte{0x89, 0xd8}, 0, silicon.Effect{}},
		{"inc", []byte{0xff, 0xc0}, 0, silicon.Effect{Writes: all &^ cf}},
		{"xor", []byte{0x31, 0xc0}, 0, silicon.Effect{Writes: all &^ af, Undefined: af}},
		{"imul", []byte{0x0f, 0xaf, 0xc3}, 0, silicon.Effect{Writes: cf | of, Undefined: sf | zf | af | pf}},
		{"div", []byte{0xf7, 0xf3}, 0, silicon.Effect{Undefined: all}},
		{"shl by 1", []byte{0xd1, 0xe0}, 0, silicon.Effect{Writes: all &^ af, Undefined: af}},
		{"shl by 3", []byte{0xc1, 0xe0, 3}, 0, silicon.Effect{Writes: all &^ (af | of), Undefined: af | of}},
		{"shl by 0", []byte{0xc1, 0xe0, 0}, 0, silicon.Effect{}},
		{"shl by 32, which is 0", []byte{0xc1, 0xe0, 32}, 0, silicon.Effect{}},
		{"shl of 64 bits by 32", []byte{0x48, 0xc1, 0xe0, 32}, 0, silicon.Effect{Writes: all &^ (af | of), Undefined: af | of}},
		{"shl of 8 bits by 9", []byte{0xc0, 0xe0, 9}, 0, silicon.Effect{Writes: sf | zf | pf, Undefined: cf | af | of}},
		{"sar of 8 bits by 9", []byte{0xc0, 0xf8, 9}, 0, silicon.Effect{Writes: cf | sf | zf | pf, Undefined: af | of}},
		{"shr cl, cl", []byte{0xd2, 0xe9}, 1, silicon.Effect{Writes: all &^ af, Undefined: af}},
		{"shr m32, cl of 0", []byte{0xd3, 0x2b}, 0, silicon.Effect{}},
		{"rol by cl", []byte{0xd3, 0xc0}, 2, silicon.Effect{Writes: cf, Undefined: of}},
		{"rcl by 1", []byte{0xd1, 0xd0}, 0, silicon.Effect{Reads: cf, Writes: cf | of}},
		{"shld of 16 bits by 17", []byte{0x66, 0x0f, 0xa4, 0xd8, 17}, 0, silicon.Effect{Undefined: all}},
		{"repe cmpsb of nothing", []byte{0xf3, 0xa6}, 0, silicon.Effect{}},
		{"repe cmpsb", []byte{0xf3, 0xa6}, 2, silicon.Effect{Writes: all}},
		{"repe cmpsb, ecx zero", []byte{0x67, 0xf3, 0xa6}, 1 << 32, silicon.Effect{}},
		{"popcnt", []byte{0xf3, 0x0f, 0xb8, 0xc3}, 0, silicon.Effect{Writes: all}},
		{"jle", []byte{0x7e, 0x00}, 0, silicon.Effect{Reads: sf | of | zf}},
		{"cmova", []byte{0x0f, 0x47, 0xc3}, 0, silicon.Effect{Reads: cf | zf}},
		{"pushf", []byte{0x9c}, 0, silicon.Effect{Reads: all}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inst, err := x86asm.Decode(test.code, 64)
			require.NoError(t, err)
			var before silicon.State
			before.GPR[silicon.RCX] = test.cx
			require.Equal(t, test.want, silicon.EffectOf(inst, &before))
		})
	}
}
