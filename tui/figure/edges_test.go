package figure_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/kprobes"
	"trapline/kprobes/uprobes"
	"trapline/scenarios"
	"trapline/tui/figure"
	"trapline/tui/walk"
)

// The set of runs that the diagrams are compared with: every built-in scenario
// under every engine that can have it, by its own schedule and by random ones.
const (
	edgeSteps     = 6_000 // of a run
	edgeSchedules = 1     // random ones
)

// TestDiagramsHaveTheEdgesThatOccur: no edge is drawn that no run takes, and
// none that a run takes is missing.
func TestDiagramsHaveTheEdgesThatOccur(t *testing.T) {
	engines := []string{"2002", "2005", "modern", "modern+boost", "modern+int3"}
	seen := map[string]map[figure.Edge]string{}
	for _, name := range scenarios.Names() {
		f, err := scenarios.Load(name)
		require.NoError(t, err)
		list := engines
		if f.Linux != nil {
			list = uprobes.Engines()
		}
		for _, engine := range list {
			if engine == kprobes.EngineNone {
				continue
			}
			for schedule := range 1 + edgeSchedules {
				follow(t, f, engine, schedule, seen)
			}
		}
	}
	for engine, edges := range seen {
		drawn := figure.Edges(engine)
		for e, where := range edges {
			assert.Contains(t, drawn, e, "engine %s: taken in %s, not drawn", engine, where)
		}
	}
	for _, group := range [][]string{{"2002"}, {"2005"}, {"modern", "modern+boost", "modern+int3"}, {"uprobes"}, {"uprobes-inline"}, {"uprobes-2005", "uprobes-2005-coded"}} {
		for _, e := range figure.Edges(group[0]) {
			assert.True(t, slices.ContainsFunc(group, func(engine string) bool { return seen[engine][e] != "" }),
				"engine %s: %v is drawn, no run takes it", group[0], e)
		}
	}
}

// follow notes the edges that one run takes.
func follow(t *testing.T, f *scenarios.File, engine string, schedule int, seen map[string]map[figure.Edge]string) {
	t.Helper()
	w, err := walk.Open(t.Context(), f, walk.Options{Options: scenarios.Options{Engine: engine}})
	if err != nil {
		return // an engine of another architecture, or without what the file has
	}
	defer w.Close()
	if schedule > 0 && w.Run.Actors() == 1 {
		return
	}
	if seen[engine] == nil {
		seen[engine] = map[figure.Edge]string{}
	}
	rng := rand.New(rand.NewPCG(uint64(schedule), 1))
	last := w.Phases()
	for range edgeSteps {
		if _, ok := w.Run.Next(); !ok {
			return
		}
		if schedule == 0 {
			if n, err := w.Forward(t.Context(), 1); n == 0 || err != nil {
				return
			}
		} else {
			actor := rng.IntN(w.Run.Actors())
			for !w.Run.Can(actor) {
				actor = (actor + 1) % w.Run.Actors()
			}
			require.NoError(t, w.Take(actor))
		}
		now := w.Phases()
		for id, p := range now {
			if e := (figure.Edge{From: last[id], To: p}); e.From != p && seen[engine][e] == "" {
				seen[engine][e] = f.Name
			}
		}
		last = now
	}
}
