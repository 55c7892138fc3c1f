package scenario_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
)

// TestSearchesRaiseAtAPlace: a search raises an interrupt that has a place when its vCPU comes there, as a run does, with
// the kernel's text and without. Its frame is then on the stack that the code has at that place.
func TestSearchesRaiseAtAPlace(t *testing.T) {
	const text = `An NMI at a place.
-- machine --
arch i386
engine 2002
-- text.S --
	.globl main, place
main:
	movl %esp, %ebx
	movl $top, %esp
place:
	nop
	movl %ebx, %esp
	ret
	.data
	.skip 512
top:
-- tasks --
cpu 0 at main ring 0
-- interrupts --
nmi cpu 0 at place
-- check --
finally quiet: u32[top-4] == 0
`
	f := parse(t, text)
	for _, kernelText := range []bool{false, true} {
		for _, strategy := range []scenario.Strategy{scenario.DFS, scenario.Random} {
			done, err := scenario.Search{Strategy: strategy, KernelText: kernelText, Executions: 1}.Do(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, kernelText, done.Options.KernelText)
			require.NotNil(t, done.Found, "%s, kernel text %v", strategy, kernelText)
			require.Equal(t, "quiet", done.Violation.Property)
		}
	}
}
