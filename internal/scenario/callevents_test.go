package scenario_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/scenario"
	"trapline/internal/scenario/kernelworld"
)

// eventCalls is a scenario whose one task changes events and modules.
const eventCalls = `Calls

-- machine --
arch i386
engine modern
-- text.S --
target:	movl $1, %eax
	ret
gone:	movl $0xc0401000, %edx
	call *%edx
	ret
	.p2align 12
begin:
	.globl begin, end
work:	movl $41, %eax
	ret
	.p2align 12
end:
-- modules --
driver from begin to end
-- kprobe_events --
p:ev/in driver:work
-- tasks --
cpu 0 calls CALLS
-- steps --
> level none
`

// calls runs a task's calls to their end.
func calls(t *testing.T, engine, list string) *scenario.Run {
	t.Helper()
	parsed, err := format.Parse("t", []byte(strings.ReplaceAll(eventCalls, "CALLS", list)))
	require.NoError(t, err)
	r, err := scenario.Open(context.Background(), &scenario.File{File: parsed}, scenario.Options{Engine: engine})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	require.NoError(t, r.Finish(context.Background(), nil))
	return r
}

// kernelRun is the world of a run of kernel code.
func kernelRun(r *scenario.Run) (k *kernelworld.World) {
	r.Visit(func(x *kernelworld.World) { k = x }, nil)
	return k
}

// Each call does what the command of the same name does.
func TestE4TasksChangeEvents(t *testing.T) {
	for _, engine := range []string{"2002", "2005", "modern", "modern+boost"} {
		for list, want := range map[string]struct {
			hits  uint64 // of the probe that is defined last
			files string // kprobe_events
			ends  string
		}{
			`gone`: {1, "p:ev/in driver:work\n", "task finished"},
			`echo "p:my/t target" >> kprobe_events, target, echo "1" > events/my/t/enable, target, target`: {2, "p:ev/in driver:work\np:my/t target\n", "task finished"},
			`echo "0" > events/ev/in/enable, gone, echo "1" > events/ev/in/enable, gone, gone`:             {2, "p:ev/in driver:work\n", "task finished"},
			`gone, echo "0" > events/ev/in/enable, echo "-:ev/in" >> kprobe_events, gone`:                  {1, "", "task finished"},
			`gone, echo "-:ev/in" >> kprobe_events, gone`:                                                  {2, "p:ev/in driver:work\n", "task finished"}, // EBUSY
			`rmmod(driver), gone`:                                {0, "p:ev/in driver:work\n", "oops: page_fault in kernel mode at begin"},
			`rmmod(driver), insmod(driver), gone`:                {1, "p:ev/in driver:work\n", "task finished"},
			`insmod(driver), gone, rmmod(driver), rmmod(driver)`: {1, "p:ev/in driver:work\n", "task finished"},
		} {
			r := calls(t, engine, list)
			require.Contains(t, r.Done(), want.ends, "%s: %s", engine, list)
			k := kernelRun(r)
			files, err := k.Events.ReadFile("kprobe_events")
			require.NoError(t, err)
			require.Equal(t, want.files, files, "%s: %s", engine, list)
			n := len(k.Probes.Probes())
			hits := uint64(0)
			for i := range n {
				hits += k.Probes.Stats(i).Hits
			}
			require.Equal(t, want.hits, hits, "%s: %s", engine, list)
		}
	}
}

// A search that leaves orders out comes to the same ends as one that does not.
func TestV2TasksCallsAreSearchedWhole(t *testing.T) {
	for _, name := range []string{"event-taken-out", "rmmod-under-handler"} {
		for _, engine := range []string{"2002", "2005", "modern"} {
			var reports [2]*explore.Report
			for i := range reports {
				f, err := scenario.LoadFS(os.DirFS("testdata/truths"), name+scenario.Ext)
				require.NoError(t, err)
				f.Check, f.HasCheck = nil, true
				s, err := scenario.NewSystems(context.Background(), f, scenario.Options{Engine: engine})
				require.NoError(t, err)
				defer s.Close()
				reports[i], err = explore.Search(context.Background(), s.New, explore.Options{NoReduction: i == 1, KeepOutcomes: true})
				require.NoError(t, err)
				require.True(t, reports[i].Exhausted, "%s %s: %+v", name, engine, reports[i].Summary)
			}
			require.Equal(t, reports[1].Outcomes, reports[0].Outcomes, "%s %s", name, engine)
			require.Greater(t, len(reports[0].Outcomes), 1)
			require.Less(t, reports[0].States, reports[1].States)
		}
	}
}

// Without probes modules come and go all the same: what a task does that finds no
// code is not the probes' doing.
func TestModulesGoWithoutProbes(t *testing.T) {
	list := "-- check --\ntransparency\n"
	parsed, err := format.Parse("t", []byte(strings.ReplaceAll(eventCalls, "CALLS", "rmmod(driver), gone")+list))
	require.NoError(t, err)
	r, err := scenario.Open(context.Background(), &scenario.File{File: parsed}, scenario.Options{})
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, r.Finish(context.Background(), nil))
	require.Empty(t, r.Violations())
}

// What no engine has is no scenario of it.
func TestDisableNeedsItsFunction(t *testing.T) {
	parsed, err := format.Parse("t", []byte("T\n-- machine --\narch i386\nengine 2002\n-- text.S --\nx:\tret\n-- probes --\np at x\n-- tasks --\ncpu 0 calls disable(p)\n"))
	require.NoError(t, err)
	_, err = scenario.Open(context.Background(), &scenario.File{File: parsed}, scenario.Options{})
	require.ErrorIs(t, err, scenario.ErrNotPossible)
	require.ErrorContains(t, err, "engine 2002 has no disable_kprobe")
}

// TestAFileThatIsNotModelledIsNoCall: a task's write to a file that a kernel has
// and this one does not is bad input, since no verdict would know what it does;
// one to a name that no kernel has is ENOENT, as there.
func TestAFileThatIsNotModelledIsNoCall(t *testing.T) {
	for name, want := range map[string]string{
		"events/enable":                      "events/enable: a kernel has this file; it is not modelled; expected a file that docs/events.md lists",
		"/sys/kernel/tracing/current_tracer": "current_tracer: a kernel has this file; it is not modelled",
		"events/ev/none/enable":              "",
		"events/ev/enable":                   "",
	} {
		parsed, err := format.Parse("t", []byte(strings.ReplaceAll(eventCalls, "CALLS", `echo "0" > `+name)))
		require.NoError(t, err)
		r, err := scenario.Open(t.Context(), &scenario.File{File: parsed}, scenario.Options{})
		if want == "" {
			require.NoError(t, err)
			r.Close()
			continue
		}
		require.ErrorContains(t, err, want)
	}
}
