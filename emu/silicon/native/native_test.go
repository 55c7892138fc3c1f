package native_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu/silicon"
	"trapline/emu/silicon/native"
)

// open starts a processor, and skips the test where the machine does not allow it.
func open(t testing.TB, mode silicon.Mode) *native.Processor {
	t.Helper()
	p, err := native.Open(mode)
	if errors.Is(err, native.ErrUnavailable) {
		t.Skipf("%s: %v", mode, err)
	}
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// program returns code at the start of the code region, with the reset state.
func program(mode silicon.Mode, code ...byte) *silicon.Program {
	return &silicon.Program{
		Mode: mode, Origin: silicon.CodeBase, Code: code,
		Stop: silicon.CodeBase + uint64(len(code)), Init: silicon.Reset(mode),
	}
}

func TestQuick(t *testing.T) {
	for _, m := range silicon.Modes {
		p := open(t, m)
		pr := program(m, 0x01, 0xd8, 0x50, 0x9c, 0xf7, 0xf1)
		pr.Init.GPR[0] = 0xfffffffe
		pr.Init.GPR[3] = 5
		st, err := p.Run(pr, 10)
		require.NoError(t, err)
		for _, s := range st {
			t.Logf("%x %v %x %x %v", s.PC, s.Signal, s.State.RFLAGS, s.State.GPR, s.Changes)
		}
		st2, err := p.Run(pr, 10)
		require.NoError(t, err)
		require.Equal(t, st, st2)
	}
}

func BenchmarkStep(b *testing.B) {
	for _, m := range silicon.Modes {
		b.Run(m.String(), func(b *testing.B) {
			p := open(b, m)
			pr := program(m, 0x01, 0xd8, 0x50, 0x9c, 0xf7, 0xf1)
			pr = program(m, 0x01, 0xd8, 0x90, 0x90, 0x90, 0x90, 0x50, 0x58)
			for range b.N {
				_, err := p.Run(pr, 100)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.N*7)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
