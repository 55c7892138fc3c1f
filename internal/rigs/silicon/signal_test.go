package silicon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
)

// TestSignalOfAgreesWithLinux raises each exception on the processor and compares the signal.
func TestSignalOfAgreesWithLinux(t *testing.T) {
	const (
		unmapped                     = silicon.DataBase + silicon.DataSize
		write, user, present, noExec = 1 << 1, 1 << 2, 1, 1 << 4
		de, bp, ud, gp, pf           = 0, 3, 6, 13, 14
	)
	tests := []struct {
		name    string
		code    []byte // rbx is unmapped, rsi is the code, rcx is zero
		vector  uint8
		errCode uint32
		address uint64
		pc      uint64
	}{
		{"#DE", []byte{0xf7, 0xf1}, de, 0, 0, 0},
		{"#BP", []byte{0xcc}, bp, 0, 0, 1},
		{"#UD", []byte{0x0f, 0x0b}, ud, 0, 0, 0},
		{"#GP", []byte{0xf4}, gp, 0, 0, 0},
		{"#PF, not present", []byte{0x8b, 0x03}, pf, user, unmapped, 0},
		{"#PF, protected", []byte{0x89, 0x06}, pf, user | write | present, silicon.CodeBase, 0},
		{"#PF, not executable", []byte{0xff, 0xe2}, pf, user | noExec | present, silicon.DataBase, 0},
	}
	const maxSteps = 2
	for _, mode := range silicon.Modes {
		p := processor(t, mode)
		for _, test := range tests {
			prog := &silicon.Program{Mode: mode, Origin: silicon.CodeBase, Code: test.code, Init: silicon.Reset(mode)}
			prog.Init.GPR[silicon.RBX], prog.Init.GPR[silicon.RSI] = unmapped, silicon.CodeBase
			prog.Init.GPR[silicon.RDX] = silicon.DataBase
			steps, err := p.Run(prog, maxSteps)
			require.NoError(t, err)
			got := silicon.SignalOf(test.vector, test.errCode, test.address, silicon.CodeBase+test.pc)
			require.Equal(t, steps[len(steps)-1].Signal, got, "%s %s", mode, test.name)
		}
	}
}
