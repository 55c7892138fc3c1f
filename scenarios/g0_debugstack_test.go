package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/scenarios/format"
)

// What a #DB has left on its own stack is dead when the next one comes: a loop on
// x86-64, where 2005 has such a stack, has the states of i386, where it has none.
func TestG0TheDebugStackMakesNoStates(t *testing.T) {
	const loop = `Two loops.
-- machine --
arch ARCH
engine 2005
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
	states := map[string]int{}
	for arch, reg := range map[string]string{"i386": "esi", "x86_64": "rsi"} {
		text := strings.NewReplacer("ARCH", arch, "decl %REG", "dec %"+reg, "REG", reg).Replace(loop)
		parsed, err := format.Parse("loop", []byte(text))
		require.NoError(t, err)
		for name, o := range map[string]Options{"micro-steps": byMicroSteps, "text": byInstructions} {
			r := searchOutcomes(t, &File{File: parsed}, "2005", o)
			require.True(t, r.Exhausted)
			states[arch+" "+name] = int(r.States)
		}
	}
	require.Equal(t, states["i386 micro-steps"], states["x86_64 micro-steps"])
	require.Equal(t, states["i386 text"], states["x86_64 text"])
}
