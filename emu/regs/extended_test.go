package regs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFXSaveKeepsPointers: only while an exception is pending, as on AMD's processors.
func TestFXSaveKeepsPointers(t *testing.T) {
	last := LastX87{IP: 0x1_1122_3344, DP: 0x5566_7788, CS: 0x33, DS: 0x2b, Opcode: 0x7d9}
	for _, n := range []int{8, 16} {
		x := ResetExtended()
		x.X87.Last, x.X87.Status = last, 0x8081
		var fx [FXSize]byte
		x.FXSave(&fx, n)
		y := ResetExtended()
		y.FXLoad(&fx, n)
		want := last
		if n == 8 {
			want.IP &= 0xffffffff
		} else {
			want.CS, want.DS = 0, 0
		}
		require.Equal(t, want, y.X87.Last)
		x.X87.Status = 0
		x.FXSave(&fx, n)
		require.Equal(t, make([]byte, 18), fx[FXOpcode:FXMXCSR])
		y.FXLoad(&fx, n)
		require.Equal(t, want, y.X87.Last, "stays")
	}
}
