package walk_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
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
	seen := map[string]map[engines.Edge]string{}
	for _, name := range scenario.Names() {
		f, err := scenario.Load(name)
		require.NoError(t, err)
		list := slices.Concat(f.Engines(), engines.Options(engines.Kernel))
		if f.Linux != nil {
			list = f.Engines()
		}
		for _, engine := range list {
			for schedule := range 1 + edgeSchedules {
				follow(t, f, engine, schedule, seen)
			}
		}
	}
	taken := map[*engines.Engine][]engines.Edge{}
	for engine, edges := range seen {
		e := engines.Of(engine)
		if e.None() {
			continue // an int3 is a trap there too
		}
		for edge, where := range edges {
			assert.Contains(t, e.Edges(), edge, "engine %s: taken in %s, not drawn", engine, where)
			taken[e] = append(taken[e], edge)
		}
	}
	for _, e := range append(engines.All(engines.Kernel), engines.All(engines.Program)...) {
		for _, edge := range e.Edges() {
			assert.Contains(t, taken[e], edge, "engine %s: drawn, no run takes it", e.Name)
		}
	}
}

// follow notes the edges that one run takes.
func follow(t *testing.T, f *scenario.File, engine string, schedule int, seen map[string]map[engines.Edge]string) {
	t.Helper()
	w, err := walk.Open(t.Context(), f, walk.Options{Options: scenario.Options{Engine: engine}})
	if err != nil {
		return // an engine of another architecture, or without what the file has
	}
	defer w.Close()
	if schedule > 0 && w.Run.Actors() == 1 {
		return
	}
	if seen[engine] == nil {
		seen[engine] = map[engines.Edge]string{}
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
			if e := (engines.Edge{From: last[id], To: p}); e.From != p && seen[engine][e] == "" {
				seen[engine][e] = f.Name
			}
		}
		last = now
	}
}
