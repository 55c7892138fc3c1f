package fuzzsearch

import (
	"context"

	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// grainStates bounds a search of CompareGrains.
const grainStates = 20_000

// ThroughC makes s a scenario of the usual engine that is searched through kernel
// text. False: it is one that no engine of kernel code runs.
func (s *Scenario) ThroughC() bool {
	if s.Program || engines.Of(s.Engine).None() {
		return false
	}
	s.Engine, s.Text = engines.For(engines.KernelScenarios).Name, true
	return true
}

// CompareGrains searches a scenario by instructions of kernel text and by its
// lines of C.
func CompareGrains(ctx context.Context, s *Scenario) Result {
	f, _, err := parse(ctx, s)
	if err != nil {
		return Result{Discarded: reason(err)}
	}
	t := &trial{ctx: ctx, config: Config{States: grainStates}, file: f}
	var reports [2]*explore.Report
	for i, g := range []explore.Grain{explore.WholeInstructions, explore.WholeLines} {
		systems, err := scenario.NewSystems(ctx, f, scenario.Options{KernelText: true, Grain: g})
		if err != nil {
			return Result{Discarded: reason(err)}
		}
		defer systems.Close()
		t.systems = systems
		t.pool.make = systems.New
		reports[i], err = explore.Search(ctx, systems.New, t.options(1, false))
		if err != nil {
			return Result{Differences: []Difference{{"an error", err.Error()}}}
		}
		if reports[i].Found == nil && reports[i].Cut == explore.CutStates {
			return Result{Discarded: "a search meets the bound on states"}
		}
	}
	defer t.pool.close()
	instructions, lines := reports[0], reports[1]
	t.same("grain", instructions, lines)
	t.result.Ends, t.result.Cut, t.result.ByLines = len(lines.Outcomes), lines.Cut, lines.Grain == explore.WholeLines
	return t.result
}
