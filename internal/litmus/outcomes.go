package litmus

import (
	"context"
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/scenario"
)

// MaxOutcomes bounds the outcomes that are looked for.
const MaxOutcomes = 256

// Found is an outcome and a schedule that leads to it.
type Found struct {
	Outcome  Outcome
	Schedule string
}

// Options are how outcomes are looked for.
type Options struct {
	Processor emu.Processor
	Split     bool // see emu.Config.SplitRMW
	Search    explore.Options
}

// Result is what a test's searches have shown under one memory model.
type Result struct {
	Found   []Found // by outcome
	Verdict explore.Verdict
}

// Has reports whether an outcome was found.
func (r *Result) Has(o Outcome) bool {
	return slices.ContainsFunc(r.Found, func(f Found) bool { return slices.Equal(f.Outcome, o) })
}

// Outcomes lists the outcomes found.
func (r *Result) Outcomes() []Outcome {
	var list []Outcome
	for _, f := range r.Found {
		list = append(list, f.Outcome)
	}
	return list
}

// Outcomes finds every outcome of t with store buffers of as many stores, 0 for
// sequentially consistent memory, by a search of every schedule.
func (t *Test) Outcomes(ctx context.Context, name string, stores int, o Options) (*Result, error) {
	f, err := t.File(name)
	if err != nil {
		return nil, err
	}
	f.Processor, f.Machine.StoreBuffer, f.Machine.SplitRMW, f.Check = o.Processor, stores, o.Split, nil
	ends := map[string]Outcome{}
	o.Search.NameEnd = func(s explore.System) string {
		end := t.read(s.(*explore.Machine).M.Look())
		ends[t.Show(end)] = end
		return t.Show(end)
	}
	x, err := scenario.Search{Options: o.Search}.Do(ctx, f)
	switch {
	case err != nil:
		return nil, err
	case x.Found != nil:
		return nil, fmt.Errorf("%s: a schedule ends in %s (schedule %s)", name, x.Violation, x.Schedule())
	case len(x.Ends) > MaxOutcomes:
		return nil, fmt.Errorf("%s: more than %d outcomes", name, MaxOutcomes)
	}
	r := &Result{Verdict: x.Verdict()}
	for shown, s := range x.Ends {
		r.Found = append(r.Found, Found{ends[shown], s.Format(x.Checksum, x.Words...)})
	}
	slices.SortFunc(r.Found, func(a, b Found) int { return slices.Compare(a.Outcome, b.Outcome) })
	return r, nil
}

// File is t as a scenario of sequentially consistent memory.
func (t *Test) File(name string) (*scenario.File, error) {
	text, err := t.Scenario(name)
	if err != nil {
		return nil, err
	}
	f, err := format.Parse(name, text)
	if err != nil {
		return nil, fmt.Errorf("%s as a scenario: %w", name, err)
	}
	for i, p := range t.named {
		f.Memory[i].Pos = p // what is wrong with its name is the test's
	}
	return &scenario.File{File: f}, nil
}

// read is the outcome in the present state.
func (t *Test) read(d emu.Door) Outcome {
	var out Outcome
	for _, p := range t.Observed {
		v := uint64(0)
		if p.Thread >= 0 {
			v = d.Register(p.Thread, emu.Register(p.Reg))
		} else {
			v, _ = d.Word(0, locationAddr(slices.Index(t.Locations, p.Location)), 4)
		}
		out = append(out, int64(int32(v)))
	}
	return out
}
