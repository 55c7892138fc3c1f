package fuzzsearch

import (
	"context"
	"slices"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// modelStates bounds a search of CompareModels.
const modelStates = 20_000

// CompareModels searches a scenario of kernel code over sequentially consistent
// memory and, if it is certified that x86-TSO comes to the same (T1), with store
// buffers: it must.
func CompareModels(ctx context.Context, s *Scenario) Result {
	f, _, err := parse(ctx, s)
	if err != nil {
		return Result{Discarded: reason(err)}
	}
	t := &trial{ctx: ctx, file: f}
	sc, err := searchModel(ctx, f, s.Text, 0)
	switch {
	case err != nil:
		return Result{Discarded: reason(err)}
	case !sc.Exhausted || sc.Cut != explore.CutNone:
		return Result{Discarded: "not exhausted"}
	}
	t.result.Ends = len(sc.Outcomes)
	tso, err := searchModel(ctx, f, s.Text, 1+int(s.Seed%4))
	switch {
	case err != nil:
		return Result{Differences: []Difference{{"an error", err.Error()}}}
	case tso.Found == nil && tso.Cut == explore.CutStates:
		return Result{Discarded: "a search meets the bound on states"}
	}
	if t.result.Certified = sc.Certificate.Given; t.result.Certified {
		t.same("model", sc, tso)
	}
	t.result.More = !slices.Equal(sc.Outcomes, tso.Outcomes)
	if tso.Found == nil && !contained(sc.Outcomes, tso.Outcomes) {
		t.differ("model: fewer ends", "%s", t.sets(sc.Outcomes, tso.Outcomes))
	}
	return t.result
}

// searchModel searches with store buffers of as many stores; 0: none.
func searchModel(ctx context.Context, f *scenario.File, text bool, stores int) (*explore.Report, error) {
	f.Machine.StoreBuffer = stores
	systems, err := scenario.NewSystems(ctx, f, scenario.Options{KernelText: text})
	if err != nil {
		return nil, err
	}
	defer systems.Close()
	return explore.Search(ctx, systems.New, explore.Options{KeepOutcomes: true, Certify: stores == 0, Bounds: explore.Bounds{States: modelStates, Depth: maxDepth}})
}
