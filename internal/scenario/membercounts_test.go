package scenario_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
)

// M1, M5: each probe of several at one address is hit once and ends once, whether
// its handlers are the simulator's, the guest's or none, and no property is
// violated.
func TestM5EveryMembersHitCounts(t *testing.T) {
	text := "Members.\n-- machine --\narch %s\nengine %s\n-- text.S --\n\t.globl main, t, h\nmain:\tcall t\n\tret\nt:\taddl $5, %%eax\n\tret\nh:\txorl %%eax, %%eax\n\tret\n-- tasks --\ncpu 0 at main\n-- probes --\n"
	n := 0
	for _, pre := range []string{"count", "call h", "none"} {
		for _, post := range []string{"none", "count", "call h"} {
			text += fmt.Sprintf("p%d at t\n\tMULTI\n\tpre %s\n\tpost %s\n", n, pre, post)
			n++
		}
	}
	for _, arch := range []string{"i386", "x86_64"} {
		for _, engine := range []string{"2005", "modern", "modern+boost", "modern+int3"} {
			for _, direct := range []bool{false, true} {
				if arch == "i386" && engine == "modern+int3" {
					continue // not possible
				}
				multi := ""
				if engine == "2005" {
					multi = "multiprobe"
				}
				f := parse(t, strings.ReplaceAll(fmt.Sprintf(text, arch, engine), "MULTI", multi))
				run := open(t, f, scenario.Options{Direct: direct})
				require.NoError(t, run.Finish(t.Context(), nil))
				require.Empty(t, run.Violations(), "%s %s direct %v", arch, engine, direct)
				for i := range n {
					for _, count := range []string{"hits", "post"} {
						v, err := run.Eval(0, fmt.Sprintf("%s(p%d)", count, i))
						require.NoError(t, err)
						require.EqualValues(t, 1, v, "%s %s direct %v: %s of p%d", arch, engine, direct, count, i)
					}
				}
			}
		}
	}
}

// M5, E7: a return probe beside another one counts its own hits.
func TestM5ReturnProbesCountOnce(t *testing.T) {
	f, err := scenario.Load("kretprobe")
	require.NoError(t, err)
	for _, direct := range []bool{false, true} {
		run := open(t, f, scenario.Options{Direct: direct, Events: []string{"r:again half"}})
		require.NoError(t, run.Finish(t.Context(), nil))
		require.Empty(t, run.Violations(), "direct %v", direct)
		require.Len(t, run.ProbeEnds(), 2)
		for _, p := range run.ProbeEnds() {
			require.EqualValues(t, []uint64{2, 2}, []uint64{p.Hits, p.Posts}, "direct %v: %s", direct, p.Name)
		}
	}
}
