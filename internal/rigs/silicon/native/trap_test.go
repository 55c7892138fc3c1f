package native_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
)

// TestTrapPrograms holds the table against the processor: what the manual says about TF is what
// happens.
func TestTrapPrograms(t *testing.T) {
	const maxTraps = 20
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		for _, program := range silicon.TrapProgramsFor(mode) {
			t.Run(mode.String()+" "+program.ID+" "+program.Name, func(t *testing.T) {
				traps, err := p.RunTraps(program.Program, maxTraps)
				require.NoError(t, err)
				require.Equal(t, program.Want, program.Seen(traps))
			})
		}
	}
}

// TestTrapState holds what the traps saw in registers and on the stack.
func TestTrapState(t *testing.T) {
	const (
		maxTraps = 20
		noSystem = -38 // ENOSYS
	)
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		traps := map[string][]silicon.Trap{}
		for _, program := range silicon.TrapProgramsFor(mode) {
			found, err := p.RunTraps(program.Program, maxTraps)
			require.NoError(t, err)
			traps[program.Name] = found
		}
		pushed := traps["pushf"][0].Top
		require.Equal(t, silicon.TF, pushed&silicon.TF, "P10: pushf stores TF")
		require.Equal(t, silicon.TF, traps["int3"][0].State.RFLAGS&silicon.TF, "P9: the frame keeps TF")
		require.Zero(t, traps["popf sets TF, popf clears it"][2].State.RFLAGS&silicon.TF)
		require.Equal(t, int32(noSystem), int32(traps["int 0x80"][0].State.GPR[silicon.RAX]))
		if mode == silicon.Mode64 {
			const r11 = 11
			state := traps["syscall"][0].State
			require.EqualValues(t, noSystem, int64(state.GPR[silicon.RAX]))
			require.Equal(t, silicon.TF, state.GPR[r11]&silicon.TF, "P9: syscall saves TF in r11")
			require.EqualValues(t, silicon.CodeBase+3, state.GPR[silicon.RCX])
		}
	}
}
