package scenario_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
	"trapline/internal/scenario"
)

// waitProbed waits for ever in a loop that calls a probed function.
const waitProbed = `A loop with a probe in it.
-- machine --
cpus 2
engine %s
-- text.S --
	.globl wait, other, f
wait:	call f
	cmpl $0, flag
	je wait
	ret
f:	nop
	ret
other:	incl x
	ret
	.data
flag:	.long 0
x:	.long 0
-- probes --
q at f
	pre %s
-- tasks --
cpu 0 at wait
cpu 1 at other
-- check --
%s
`

// V4: what probes count keeps no loop from coming back to a state, unless
// something asks for it. Then the states are different ones, and the search says
// that it has met a bound.
func TestV4AProbeInALoopHidesNoLivelock(t *testing.T) {
	search := func(engine, action, check string, depth uint64) *explore.Report {
		f := parse(t, fmt.Sprintf(waitProbed, engine, action, check))
		systems, err := scenario.NewSystems(t.Context(), f, scenario.Options{})
		require.NoError(t, err)
		defer systems.Close()
		r, err := explore.Search(t.Context(), systems.New, explore.Options{Bounds: explore.Bounds{States: 2000, Depth: depth}})
		require.NoError(t, err)
		return r
	}
	for _, engine := range []string{"none", "2002", "2005", "modern", "modern+boost"} {
		for _, check := range []string{"no-livelock", "no-livelock\none-pre-one-post", "no-missed-probe\nno-livelock\nnever x: u32[x] == 7"} {
			r := search(engine, "set %eax 1", check, 0)
			require.NotNil(t, r.Found, "%s, %s: %v", engine, check, r.Verdict())
			require.Equal(t, props.NoLivelock, r.Found.Violation.Property)
			run := open(t, parse(t, fmt.Sprintf(waitProbed, engine, "set %eax 1", check)), scenario.Options{Direct: true})
			require.NoError(t, run.Finish(t.Context(), nil))
			require.Equal(t, props.NoLivelock, run.Violations()[0].Property)
		}
	}
	for _, ask := range []string{"hits(q)", "pre(q)", "post(q)", "1 + faults(q)", "u32[x + missed(q)]"} {
		for _, r := range []*explore.Report{
			search("2005", "set u32[x] "+ask, "no-livelock", 20000), search("2005", "set u32[x+("+strings.ReplaceAll(ask, " ", "")+"&0)] 1", "no-livelock", 20000),
			search("2005", "count", "never many: "+ask+" == 1000000", 20000),
		} {
			if r.Found == nil {
				require.False(t, r.Exhausted, ask)
				continue
			}
			require.False(t, strings.HasPrefix(ask, "hits"), "what is counted decides")
		}
	}
}

// A condition on a count is judged of every count.
func TestV2ACountThatIsAskedForIsSearched(t *testing.T) {
	f := parse(t, fmt.Sprintf(waitProbed, "2005", "count", "never many: hits(q) == 5"))
	systems, err := scenario.NewSystems(t.Context(), f, scenario.Options{})
	require.NoError(t, err)
	defer systems.Close()
	r, err := explore.Search(t.Context(), systems.New, explore.Options{})
	require.NoError(t, err)
	require.NotNil(t, r.Found)
	require.Equal(t, "many", r.Found.Violation.Property)
}

// V4: nor do the hits and the trace of a program's uprobes.
func TestV4AUprobeInALoopHidesNoLivelock(t *testing.T) {
	const loop = "A loop.\n-- machine --\narch x86_64\nengine uprobes\nmemory 1M\n-- linux --\n-- text.S --\n\t.globl _start\n" +
		"_start:\tmovl $24, %eax\nl:\tsyscall\n\tjmp _start\n"
	for _, probes := range []string{"-- probes --\nq at l\n\tpre set %rbx 1\n", "-- uprobe_events --\np:q /prog:l\n"} {
		text := loop + probes + "-- check --\nno-livelock\n"
		run := open(t, parse(t, text), scenario.Options{})
		require.NoError(t, run.Finish(t.Context(), nil))
		require.Len(t, run.Violations(), 1)
		systems, err := scenario.NewSystems(t.Context(), parse(t, text), scenario.Options{})
		require.NoError(t, err)
		defer systems.Close()
		r, err := explore.Search(t.Context(), systems.New, explore.Options{Bounds: explore.Bounds{States: 2000}})
		require.NoError(t, err)
		require.NotNil(t, r.Found)
		require.Equal(t, props.NoLivelock, r.Found.Violation.Property)
	}
}
