//go:build unicorn && cgo && linux && amd64

package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

// TestFXImageOfSavedContext: x87 and SSE registers are where FXImage takes them
// to be.
func TestFXImageOfSavedContext(t *testing.T) {
	m, c := newTest(t, x86.AMD64, 0x90)
	var fx, saved, image [FXSize]byte
	for i := range fx {
		fx[i] = byte(7*i + i/16)
	}
	copy(fx[:], []byte{0x7f, 0x0b, 0xa5, 0x2a}) // FCW, FSW: TOP is 5
	copy(fx[24:], []byte{0x80, 0x3f, 0, 0})     // MXCSR
	m.FXRestore(c, &fx)
	v, err := c.Space.view(false)
	require.NoError(t, err)
	require.NoError(t, c.lendExtended(v.eng))
	require.NoError(t, v.eng.FXSave(c.ctx, &c.Core, &saved))
	require.Equal(t, fx[160:416], saved[160:416], "XMM0-XMM15")
	ext := make([]byte, unicorn.ContextSize)
	c.ctx.Save(ext)
	unicorn.FXImage(ext, &image)
	require.Equal(t, saved, image)
}
