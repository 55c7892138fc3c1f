package regs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFXSaveKeepsPointers: saved only while an exception is pending, loaded always, as on AMD's processors.
func TestFXSaveKeepsPointers(t *testing.T) {
	last := LastX87{IP: 0x1_1122_3344, DP: 0x5566_7788, CS: 0x33, DS: 0x2b, Opcode: 0x7d9}
	for _, wide := range []bool{false, true} {
		x := ResetExtended()
		x.X87.Last, x.X87.Status = last, 0x8081
		var fx [FXSize]byte
		x.FXSave(&fx, 16, wide)
		y := ResetExtended()
		y.FXLoad(&fx, 16, wide)
		want := last
		if wide {
			want.CS, want.DS = 0, 0
		} else {
			want.IP &= 0xffffffff
		}
		require.Equal(t, want, y.X87.Last)
		x.X87.Status = 0
		x.FXSave(&fx, 16, wide)
		require.Equal(t, make([]byte, 18), fx[FXOpcode:FXMXCSR])
		y.FXLoad(&fx, 16, wide)
		require.Zero(t, y.X87.Last)
	}
}
