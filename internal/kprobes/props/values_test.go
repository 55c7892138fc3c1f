package props_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/sched"
)

// values is the kind of the locations that stand for the simulator's own values.
const values = 5

// TestS3EveryChangeOfTheSimulatorsValuesIsTold compares what each step of
// random runs changed with what the search was told.
func TestS3EveryChangeOfTheSimulatorsValuesIsTold(t *testing.T) {
	list := scenes(true)
	for _, engine := range []string{"2005", "modern"} {
		s := scenes(true)["unregister-race"]
		s.engine = engine
		list["unregister-race, "+engine] = s
	}
	changes := 0
	for name, s := range list {
		g := s.build(t)
		m := system(g)
		watch := &watched{Machine: m, step: func(st *explore.Step, before []kprobes.Stats) {
			changed := false
			for i := range before {
				now := g.Stats(i)
				changed = changed || now.Registered != before[i].Registered || now.Lost != before[i].Lost
			}
			told := slices.ContainsFunc(st.Touched, func(a explore.Access) bool { return a.Loc>>60 == values && a.Write })
			require.Equal(t, changed, told, name)
			if changed {
				changes++
			}
		}, stats: func() (l []kprobes.Stats) {
			for i := range g.Probes() {
				l = append(l, g.Stats(i))
			}
			return l
		}}
		start := watch.Snapshot()
		for n := range 20 {
			watch.Restore(start)
			random := &sched.Random{Seed: 1}
			random.Begin(n)
			explore.Run(watch, random, 2000)
		}
		watch.Close()
	}
	require.Positive(t, changes)
}

// watched shows every step with the counts before it.
type watched struct {
	*explore.Machine
	stats func() []kprobes.Stats
	step  func(*explore.Step, []kprobes.Stats)
}

func (w *watched) Step(actor int) *explore.Step {
	before := w.stats()
	st := w.Machine.Step(actor)
	w.step(st, before)
	return st
}
