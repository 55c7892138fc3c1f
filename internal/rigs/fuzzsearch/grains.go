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

// CompareGrains searches a scenario by instructions of kernel text, by its lines of
// C, and by what a search takes that is not told: micro-steps, if they show all that
// the scenario asks for. Where micro-steps and instructions both come to an end, both
// or none violate something.
func CompareGrains(ctx context.Context, s *Scenario) Result {
	f, _, err := parse(ctx, s)
	if err != nil {
		return Result{Discarded: reason(err)}
	}
	t := &trial{ctx: ctx, config: Config{States: grainStates}, file: f}
	var reports [3]*explore.Report
	for i, o := range []scenario.Options{{KernelText: true}, {KernelText: true, Grain: explore.WholeLines}, {}} {
		systems, err := scenario.NewSystems(ctx, f, o)
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
	instructions, lines, steps := reports[0], reports[1], reports[2]
	t.same("grain", instructions, lines)
	if a, b := instructions.Found != nil, steps.Found != nil; a != b && (a || instructions.Exhausted) && (b || steps.Exhausted) {
		t.differ("micro-steps", "instructions: %v; micro-steps: %v", instructions.Verdict(), steps.Verdict())
	}
	t.result.Ends, t.result.Cut, t.result.ByLines = len(lines.Outcomes), lines.Cut, lines.Grain == explore.WholeLines
	return t.result
}
