package scenario

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
)

// instancesScenario is two tasks that call one function, with a return probe of
// so many instances, as often as told.
func instancesScenario(t *testing.T, engine string, instances, calls int) *File {
	t.Helper()
	base, err := Load("register-self-deadlock") // whose code is one small function
	require.NoError(t, err)
	code, _, ok := strings.Cut(string(base.Bytes()), "-- probes --\n")
	require.True(t, ok)
	tasks := "target" + strings.Repeat(", target", calls-1)
	text := strings.Replace(code, "engine 2002", "engine "+engine, 1) +
		fmt.Sprintf("-- kprobe_events --\nr%d:ev target\n-- tasks --\ncpu 0 calls %s\ncpu 1 calls target\n", instances, tasks)
	f, err := LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(text)}}, "s.txtar")
	require.NoError(t, err)
	f.Check, f.HasCheck = nil, true
	return f
}

// TestE7InstancesOfTwoCPUs: two vCPUs take instances of one return probe and give
// them back, over all schedules: 2005 under its lock, modern by compare and exchange on a
// list without one. Micro-steps, lines and instructions come to the same
// ends. With two instances no call is missed; with one each number of calls that can be is, and nothing else
// differs. A modern that takes an instance without compare and exchange has more ends.
func TestE7InstancesOfTwoCPUs(t *testing.T) {
	for _, engine := range []string{"2005", "modern"} {
		for _, c := range []struct{ instances, calls int }{{1, 1}, {2, 1}, {1, 2}} {
			f := instancesScenario(t, engine, c.instances, c.calls)
			micro := searchOutcomes(t, f, engine, byMicroSteps)
			lines, instructions := searchOutcomes(t, f, engine, byLines), searchOutcomes(t, f, engine, byInstructions)
			for _, r := range []*explore.Report{micro, lines, instructions} {
				require.NotNil(t, r)
				require.True(t, r.Exhausted, "%s %+v: %v", engine, c, r.Verdict())
			}
			t.Logf("%s, %d instances, %d calls: %d ends; micro-steps %d states, lines %d, instructions %d", engine, c.instances, c.calls,
				len(micro.Outcomes), micro.States, lines.States, instructions.States)
			require.Equal(t, micro.Outcomes, instructions.Outcomes)
			require.Equal(t, micro.Outcomes, lines.Outcomes)
			missed := 0 // at most: each call that comes while the other task has the only instance
			if c.instances == 1 {
				missed = c.calls
			}
			require.Len(t, micro.Outcomes, missed+1)
		}
	}
}
