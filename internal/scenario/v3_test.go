package scenario_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/scenario"
	"trapline/internal/sched"
	"trapline/internal/story"
)

// V3: every strategy tells the same of every built-in race, whatever the number
// of workers and of processors: the verdict, the violation, the schedule, and
// the story of its run.
func TestV3OneReportForEveryNumberOfWorkers(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(procs) })
	found := 0
	library, err := scenario.Library()
	require.NoError(t, err)
	for _, b := range library {
		if b.Group != "races" {
			continue
		}
		f, err := scenario.Load(b.Name)
		require.NoError(t, err)
		for _, s := range []scenario.Search{
			{Strategy: scenario.DFS},
			{Strategy: scenario.PCT, Seed: 7, Executions: 20},
			{Strategy: scenario.Random, Seed: 7, Executions: 20},
		} {
			first := ""
			for i, jobs := range []int{1, 2, 8} {
				runtime.GOMAXPROCS(1 + i%2)
				s.Options.Jobs = jobs
				text := whole(t, f, s)
				if i == 0 {
					first = text
				}
				require.Equal(t, first, text, "%s by %s with %d workers", b.Name, s.Strategy, jobs)
			}
			if strings.Contains(first, "schedule t2.") {
				found++
			}
		}
	}
	require.Greater(t, found, 15)
}

// whole is all that a search says, but for counts and times.
func whole(t *testing.T, f *scenario.File, s scenario.Search) string {
	x, err := s.Do(t.Context(), f)
	require.NoError(t, err)
	var b strings.Builder
	fmt.Fprintln(&b, x.Verdict())
	if x.Found == nil {
		return b.String()
	}
	fmt.Fprintf(&b, "%v\nschedule %s\n%v\n", x.Violation, x.Schedule(), x.Violations)
	if x.Untold() {
		return b.String()
	}
	r, _, err := scenario.OpenScheduled(t.Context(), f, x.Options, x.Schedule())
	require.NoError(t, err)
	defer r.Close()
	teller := story.Teller{Level: story.Normal}
	require.NoError(t, r.Follow(t.Context(), sched.NewReplay(x.Found.Schedule), func(ev *emu.Event) { b.WriteString(story.Text(teller.Tell(r.Names().Describe(ev)))) }))
	return b.String()
}
