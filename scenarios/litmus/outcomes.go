package litmus

import (
	"context"
	"fmt"
	"slices"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/emu/sched"
	"trapline/scenarios"
	"trapline/scenarios/format"
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
	Found []Found // by outcome
	// Verdict is that of the last search, which found no further outcome.
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
// sequentially consistent memory: search by search, each for one that is not
// known yet, until one is exhausted.
func (t *Test) Outcomes(ctx context.Context, name string, stores int, o Options) (*Result, error) {
	r := &Result{}
	for {
		f, err := t.File(name)
		if err != nil {
			return nil, err
		}
		f.Processor, f.Machine.StoreBuffer, f.Machine.SplitRMW = o.Processor, stores, o.Split
		f.Check, f.Finally = nil, []scenarios.Finally{{Name: unknown, Holds: t.known(r)}}
		x, err := scenarios.Search{Options: o.Search}.Do(ctx, f)
		if err != nil {
			return nil, err
		}
		if r.Verdict = x.Verdict(); x.Found == nil {
			slices.SortFunc(r.Found, func(a, b Found) int { return slices.Compare(a.Outcome, b.Outcome) })
			return r, nil
		}
		if x.Violation.Property != unknown {
			return nil, fmt.Errorf("%s: a schedule ends in %s (schedule %s)", name, x.Violation, x.Schedule())
		}
		out, err := t.outcomeOf(ctx, f, x)
		if err != nil {
			return nil, err
		}
		if r.Has(out) || len(r.Found) == MaxOutcomes {
			return nil, fmt.Errorf("%s: more than %d outcomes", name, len(r.Found))
		}
		r.Found = append(r.Found, Found{out, x.Schedule()})
	}
}

// unknown is the property that an outcome violates which is none of those known.
const unknown = "known-outcome"

// known holds in the outcomes that r has.
func (t *Test) known(r *Result) func(emu.Door) bool {
	list := r.Outcomes()
	return func(d emu.Door) bool {
		now := t.read(d)
		return slices.ContainsFunc(list, func(o Outcome) bool { return slices.Equal(o, now) })
	}
}

// File is t as a scenario of sequentially consistent memory.
func (t *Test) File(name string) (*scenarios.File, error) {
	text, err := t.Scenario(name)
	if err != nil {
		return nil, err
	}
	f, err := format.Parse(name, text)
	if err != nil {
		return nil, fmt.Errorf("%s as a scenario: %w", name, err)
	}
	return &scenarios.File{File: f}, nil
}

// outcomeOf runs the schedule that was found and reads what it leaves.
func (t *Test) outcomeOf(ctx context.Context, f *scenarios.File, x *scenarios.Searched) (Outcome, error) {
	run, err := scenarios.Open(ctx, f, x.Options)
	if err != nil {
		return nil, err
	}
	defer run.Close()
	if err := run.Follow(ctx, sched.NewReplay(x.Found.Schedule), nil); err != nil {
		return nil, err
	}
	return t.read(run.Machine.Look()), nil
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
