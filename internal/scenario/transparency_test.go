package scenario_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// S4: programs whose threads end in any order, and signals of kernel scenarios.
func TestS4Transparency(t *testing.T) { scenario.Test(t, os.DirFS("testdata/transparency")) }

func transparencyCase(t *testing.T, name string) *scenario.File {
	f, err := scenario.LoadFS(os.DirFS("testdata/transparency"), name+".txtar")
	require.NoError(t, err)
	return f
}

// S4: every strategy comes to the same judgement, and a run of what it found
// too.
func TestS4TransparencyUnderEveryStrategy(t *testing.T) {
	const executions = 40
	for name, violated := range map[string]bool{"pushf-of-either-thread": true, "who-ends-last": false} {
		f := transparencyCase(t, name)
		for _, engine := range []string{"none", "uprobes"} {
			s, err := scenario.NewSystems(t.Context(), f, scenario.Options{Engine: engine})
			require.NoError(t, err)
			defer s.Close()
			all, err := explore.Search(t.Context(), s.New, explore.Options{})
			require.NoError(t, err)
			random, err := explore.Sample(t.Context(), s.New, func() (sched.Scheduler, error) { return &sched.Random{Seed: 1}, nil }, executions, explore.Options{})
			require.NoError(t, err)
			pct, err := explore.Sample(t.Context(), s.New, func() (sched.Scheduler, error) { return sched.NewPCT(1, 3, 2, 40) }, executions, explore.Options{})
			require.NoError(t, err)
			for _, r := range []*explore.Report{all, random, pct} {
				require.Equal(t, violated && engine != "none", r.Found != nil, "%s under %s", name, engine)
				if r.Found == nil {
					continue
				}
				require.Equal(t, props.Transparency, r.Found.Violation.Property)
				again := open(t, f, scenario.Options{Engine: engine})
				require.NoError(t, again.Follow(t.Context(), sched.NewReplay(r.Found.Schedule), nil))
				require.Equal(t, props.Transparency, again.Violations()[0].Property)
			}
			require.Equal(t, !violated || engine == "none", all.Exhausted)
		}
	}
}

// S4: a copy on a stack (O1) is no difference where nobody looks at it, and is
// one where the program does.
func TestS4CopyOnTheStack(t *testing.T) {
	for name, violated := range map[string]map[string]bool{
		"who-ends-last":        {"uprobes": false, "uprobes-2005": false, "uprobes-inline": false},
		"data-below-the-stack": {"uprobes": false, "uprobes-2005": true, "uprobes-inline": false},
	} {
		f := transparencyCase(t, name)
		for engine, violated := range violated {
			s, err := scenario.NewSystems(t.Context(), f, scenario.Options{Engine: engine})
			require.NoError(t, err)
			defer s.Close()
			r, err := explore.Search(t.Context(), s.New, explore.Options{})
			require.NoError(t, err)
			require.Equal(t, violated, r.Found != nil, "%s under %s", name, engine)
			require.Equal(t, !violated, r.Exhausted)
		}
	}
}

// S4: where the ends without probes are not all known, an end that is none of
// those known is not decided, and no search says that it is exhausted.
func TestS4TransparencyNotDecided(t *testing.T) {
	f := transparencyCase(t, "pushf-of-either-thread")
	f.Machine.Time = 1 // nanosecond: for the ends without probes too
	s, err := scenario.NewSystems(t.Context(), f, scenario.Options{})
	require.NoError(t, err)
	defer s.Close()
	r, err := explore.Search(t.Context(), s.New, explore.Options{})
	require.NoError(t, err)
	s.Settle(r)
	require.Nil(t, r.Found)
	require.False(t, r.Exhausted)
	require.Contains(t, r.Verdict().String(), "transparency is not decided")
	run := open(t, f, scenario.Options{})
	require.NoError(t, run.Finish(t.Context(), nil))
	require.Empty(t, run.Violations())
	failures := run.Judge(false)
	require.Len(t, failures, 1)
	require.Contains(t, failures[0].Text, "transparency is not decided")
}
