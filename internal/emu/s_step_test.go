package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// TestS1OneMemoryOneStepEach: eight vCPUs over one memory; a step advances one
// of them by one instruction, and the others see what it stored.
func TestS1OneMemoryOneStepEach(t *testing.T) {
	m, err := New(Config{Arch: x86.I386, CPUs: MaxCPUs, Memory: 1 << 20})
	require.NoError(t, err)
	defer m.Close()
	f, err := m.Mem.Alloc()
	require.NoError(t, err)
	s := m.CPUs[0].Space
	require.NoError(t, s.Map(0x1000, f, 1, Write|Exec))
	require.NoError(t, m.WriteBytes(s, 0x1000, []byte{0xff, 0x05, 0x00, 0x1f, 0, 0})) // incl 0x1f00
	for _, c := range m.CPUs {
		flat(c)
		c.RIP = 0x1000
	}
	for i := range m.CPUs {
		ev := m.Step(i)
		require.Equal(t, StepInstruction, ev.Kind)
		require.EqualValues(t, i, ev.Writes[0].Old)
		require.EqualValues(t, i+1, ev.Writes[0].New)
		for j, c := range m.CPUs {
			require.EqualValues(t, b2i(j <= i), c.Retired)
		}
	}
	_, err = New(Config{Arch: x86.I386, CPUs: MaxCPUs + 1})
	require.ErrorContains(t, err, "expected 1 to 8")
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
