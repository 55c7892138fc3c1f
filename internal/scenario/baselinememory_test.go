package scenario_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// The bound on memory is one for the whole process: the search for the ends
// without probes keeps to it too.
func TestTheEndsWithoutProbesKeepToTheBoundOnMemory(t *testing.T) {
	f := parse(t, "Two ends.\n-- machine --\ncpus 2\nengine 2005\n-- text.S --\n\t.globl a, b\na:\tmovl $1, x\n\tret\nb:\tmovl $2, x\n\tret\n"+
		"\t.data\nx:\t.long 0\ny:\t.long 0\n-- tasks --\ncpu 0 at a\ncpu 1 at b\n-- probes --\nq at b\n\tpre set u32[y] 1\n-- check --\ntransparency\n")
	for needed, text := range map[int]string{0: "not exhausted: it stopped at a violation", 800 << 20: "the search for the ends without probes met the bound on memory"} {
		s := scenario.Search{Strategy: scenario.DFS, Options: explore.Options{
			Needed: func() int { return needed }, Bounds: explore.Bounds{Memory: 1 << 30},
		}}
		done, err := s.Do(t.Context(), f)
		require.NoError(t, err)
		require.Contains(t, done.Verdict().String(), text)
	}
}
