package native_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu/silicon"
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
				var got []silicon.ExpectedTrap
				for _, trap := range traps {
					got = append(got, silicon.ExpectedTrap{
						Offset: int(trap.State.RIP - program.Origin),
						Number: trap.Signal.Number,
						Code:   trap.Signal.Code,
					})
				}
				require.Equal(t, program.Want, got)
			})
		}
	}
}
