package scenario

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
)

// What a #DB has left on its own stack is dead when the next one comes, and so is what
// an NMI has: a loop on x86-64, where 2005 and modern have such stacks, has the states of
// i386, where they have none.
func TestG0TheDebugStackMakesNoStates(t *testing.T) {
	const loop = `Two loops.
-- machine --
arch ARCH
engine ENGINE
cpus 2
-- text.S --
	.globl worker, target
worker:	call target
	decl %REG
	jnz worker
	ret
target:	lock incl n
	ret
	.data
n:	.long 0
-- probes --
p at target
-- tasks --
cpu 0 at worker REG=3
cpu 1 at worker REG=3
`
	for _, engine := range []string{"2005", "modern"} {
		states := map[string]int{}
		for arch, reg := range map[string]string{"i386": "esi", "x86_64": "rsi"} {
			text := strings.NewReplacer("ARCH", arch, "ENGINE", engine, "decl %REG", "dec %"+reg, "REG", reg).Replace(loop)
			for name, o := range map[string]Options{"micro-steps": byMicroSteps, "text": byInstructions, "NMI": byMicroSteps} {
				source := text
				if name == "NMI" {
					source += "-- interrupts --\nnmi cpu 0\n"
				}
				parsed, err := format.Parse("loop", []byte(source))
				require.NoError(t, err)
				r := searchOutcomes(t, &File{File: parsed}, engine, o)
				require.True(t, r.Exhausted)
				states[arch+" "+name] = int(r.States)
			}
		}
		require.Equal(t, states["i386 micro-steps"], states["x86_64 micro-steps"])
		require.Equal(t, states["i386 text"], states["x86_64 text"])
		require.LessOrEqual(t, states["x86_64 NMI"], states["i386 NMI"])
	}
}
