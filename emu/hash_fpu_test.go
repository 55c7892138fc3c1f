package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu/unicorn"
)

// TestXMMInSavedContext: XMM registers are where clearUnseen takes them to be.
func TestXMMInSavedContext(t *testing.T) {
	m, c := newTest(t, AMD64, 0x90)
	var fx [FXSize]byte
	require.NoError(t, m.FXSave(c, &fx))
	for i := range 16 {
		for k := range 16 {
			fx[fxXMM+16*i+k] = byte(16*i + k)
		}
	}
	require.NoError(t, m.FXRestore(c, &fx))
	ext := make([]byte, unicorn.ContextSize)
	c.ctx.Save(ext)
	for i := range 16 {
		require.Equal(t, fx[fxXMM+16*i:fxXMM+16*(i+1)], ext[xmmOffset+xmmStride*i:xmmOffset+xmmStride*i+16])
	}
}

// TestHashDoesNotSeeTheHostsStack (S2): PSHUFB leaves bytes of it in the context.
func TestHashDoesNotSeeTheHostsStack(t *testing.T) {
	m, c := newTest(t, AMD64, 0x66, 0x44, 0x0f, 0x38, 0x00, 0xff) // pshufb %xmm15,%xmm15
	m.Step(0)
	want := m.Hash(true)
	ext := make([]byte, unicorn.ContextSize)
	c.ctx.Save(ext)
	for i := 16; i < xmmStride; i++ {
		ext[xmmOffset+xmmStride*15+i] ^= byte(i)
	}
	c.ctx.Load(ext)
	require.Equal(t, want, m.Hash(true))
}
