package fuzzsearch

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"trapline/internal/asm"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/rigs/crewtest"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// Config says how much is tried with each scenario.
type Config struct {
	Executions int // of each random strategy
	States     int // a search without reduction that needs more is discarded
	Enumerated int // steps of plain enumeration; scenarios that need more have what it saw compared
	Jobs       int // of the searches with several workers
	// Way is the one of Ways that each scenario is searched in too, AllWays, or ""
	// for another one each time.
	Way string
	// Wrap, for tests, stands between a system and the searches.
	Wrap func(explore.System) explore.System
}

// Small is what a scenario gets unless it is tried thoroughly.
var Small = Config{Executions: 200, States: 2500, Enumerated: 5000, Jobs: 4}

// Result is what a scenario showed.
type Result struct {
	Ends        int          // final states
	Violated    string       // property that the search found violated, or ""
	Enumerated  bool         // plain enumeration was complete
	Equal       bool         // the search took equal vCPUs for one another
	Cut         explore.Cut  // why the search did not exhaust, or CutNone
	ByLines     bool         // CompareGrains: a line was one step to the end
	Certified   bool         // CompareModels: x86-TSO comes to the same
	More        bool         // CompareModels: it comes to other ends
	Discarded   string       // why the scenario says nothing, or ""
	Executed    []Feature    // that some execution came to
	Differences []Difference // each kind once
}

// Has finds the difference of a kind.
func (r *Result) Has(kind string) (Difference, bool) {
	i := slices.IndexFunc(r.Differences, func(d Difference) bool { return d.Kind == kind })
	if i < 0 {
		return Difference{}, false
	}
	return r.Differences[i], true
}

// Difference is where two ways disagree.
type Difference struct {
	Kind string // which ways, and in what: the same for the same mistake
	Text string // details
}

// trial is one scenario under comparison.
type trial struct {
	ctx     context.Context
	config  Config
	file    *scenario.File
	systems *scenario.Systems
	pool    pool
	result  Result
	full    *explore.Report // without reduction
	reduced *explore.Report
}

// Compare searches a scenario in every way.
func Compare(ctx context.Context, s *Scenario, c Config) Result {
	f, symbols, err := parse(ctx, s)
	if err != nil {
		return Result{Discarded: reason(err)}
	}
	r := CompareFile(ctx, f, s.Text, c)
	if r.Discarded != "" {
		return r
	}
	if r.Executed, err = execute(ctx, s, f, symbols); err != nil {
		r.Differences = append(r.Differences, Difference{"an error", err.Error()})
	}
	return r
}

// CompareFile does so for a scenario file.
func CompareFile(ctx context.Context, f *scenario.File, text bool, c Config) Result {
	systems, err := scenario.NewSystems(ctx, f, scenario.Options{KernelText: text})
	if err != nil {
		return Result{Discarded: reason(err)}
	}
	defer systems.Close()
	t := &trial{ctx: ctx, config: c, file: f, systems: systems}
	t.pool.make = func() (explore.System, error) {
		sys, err := systems.New()
		if err == nil && c.Wrap != nil {
			sys = c.Wrap(sys)
		}
		return sys, err
	}
	defer t.pool.close()
	for _, do := range []func() error{t.search, t.bounded, t.enumerate, t.sample, t.replay} {
		if err := do(); err != nil {
			t.differ("an error", "%v", err)
		}
		if t.result.Discarded != "" {
			break
		}
	}
	return t.result
}

// parse makes the scenario's file, with its listing, so that the assembler
// runs once, and the labels of its code.
func parse(ctx context.Context, s *Scenario) (*scenario.File, loader.Symbols, error) {
	f, err := format.Parse(fmt.Sprintf("seed-%d.txtar", s.Seed), []byte(s.File()))
	if err != nil {
		return nil, loader.Symbols{}, err
	}
	img, listing, err := scenario.Assemble(ctx, f)
	if err != nil {
		return nil, loader.Symbols{}, err
	}
	f.SetListing(listing)
	return &scenario.File{File: f}, img.Symbols, nil
}

// reason is the class of a refusal.
func reason(err error) string {
	var flaw *format.Error
	var source *asm.Error
	switch {
	case errors.As(err, &source):
		return "does not assemble: " + source.Error()
	case errors.As(err, &flaw):
		return flaw.Msg
	}
	return err.Error()
}

func (t *trial) differ(kind, text string, args ...any) {
	if _, known := t.result.Has(kind); !known {
		t.result.Differences = append(t.result.Differences, Difference{kind, fmt.Sprintf(text, args...)})
	}
}

func (t *trial) options(jobs int, full bool) explore.Options {
	return explore.Options{
		Jobs: t.systems.Jobs(jobs), NoReduction: full, KeepOutcomes: true, EqualPairs: true,
		Bounds: explore.Bounds{States: t.config.States}, // a loop without a visible place needs the depth
	}
}

// maxDepth bounds the steps of an execution that is replayed.
const maxDepth = 20000

// search compares searches with and without reduction, and with one worker and
// several.
func (t *trial) search() error {
	var err error
	if t.full, err = explore.Search(t.ctx, t.pool.get, t.options(1, true)); err != nil {
		return err
	}
	if t.full.Found == nil && !t.full.Exhausted && !t.full.Clocks {
		switch t.full.Cut {
		case explore.CutStates, explore.CutDepth, explore.CutMemory, explore.CutTime, explore.CutCancelled:
			t.result.Discarded = "a search without reduction meets the bound on " + string(t.full.Cut)
			return nil
		}
	}
	if t.reduced, err = explore.Search(t.ctx, t.pool.get, t.options(1, false)); err != nil {
		return err
	}
	if t.reduced.Found != nil && t.full.Found == nil && t.full.Clocks && t.full.Cut == explore.CutStates {
		t.result.Discarded = "a search without reduction meets the bound on " + string(explore.CutStates)
		return nil
	}
	t.result.Ends, t.result.Cut, t.result.Equal = len(t.reduced.Outcomes), cutOf(t.reduced), len(t.reduced.Equal) > 0
	if f := t.reduced.Found; f != nil {
		t.result.Violated = f.Violation.Property
	}
	t.same(reduction, t.full, t.reduced)
	if err := t.others(); err != nil {
		return err
	}
	if t.systems.Jobs(t.config.Jobs) == 1 {
		return nil
	}
	for _, full := range []bool{false, true} {
		one := t.reduced
		name := workers
		if full {
			one, name = t.full, workers+" without reduction"
		}
		many, err := explore.Search(t.ctx, t.pool.get, t.options(t.config.Jobs, full))
		if err != nil {
			return err
		}
		t.same(name, one, many)
		t.sameFound(name, one, many)
	}
	return nil
}

// others compares the search with ones that are made in another way, another one
// for each scenario unless all are asked for.
func (t *trial) others() error {
	ways := Ways()
	if t.config.Way != "" {
		ways = slices.DeleteFunc(ways, func(w string) bool { return t.config.Way != w && t.config.Way != AllWays })
	} else {
		ways = []string{ways[uint64(t.systems.Checksum())%uint64(len(ways))]}
	}
	for _, w := range ways {
		if err := t.other(w); err != nil {
			return err
		}
	}
	return nil
}

// Ways of searching that must make no difference: without each of the reductions,
// with snapshots dropped, and divided into small tasks, some of which get lost.
const (
	without  = "without "
	spilled  = "snapshots made again"
	division = "divided"

	AllWays = "all"
)

// Ways lists them.
func Ways() []string {
	list := []string{spilled, division}
	for _, r := range explore.Reductions {
		list = append(list, without+r.String())
	}
	return list
}

func (t *trial) other(way string) error {
	o := t.options(1, false)
	switch way {
	case spilled:
		o.Bounds.Memory, o.Needed = 1, func() int { return 0 } // any snapshot is too much
	case division:
		c := crewtest.New(uint64(t.systems.Checksum()), 3, t.pool.get)
		defer c.Close()
		o.Crew = c
	default:
		for _, r := range explore.Reductions {
			if way == without+r.String() {
				o.Without = r
			}
		}
	}
	r, err := explore.Search(t.ctx, t.pool.get, o)
	if err != nil {
		return fmt.Errorf("%s: %w", way, err)
	}
	t.same(way, r, t.reduced)
	if o.Without == 0 {
		t.sameFound(way, r, t.reduced)
	}
	return nil
}

// Names of comparisons. Whether loops move clocks that code reads is found out
// differently with and without a reduction.
const (
	reduction = "reduction"
	workers   = "workers"
)

// bounded compares searches of at most one preemption. With reduction a vCPU is
// left at visible places only, which may reach more final states, but no fewer.
func (t *trial) bounded() error {
	var reports [2]*explore.Report
	for i := range reports {
		o := t.options(1, i == 1)
		o.Bounds.Preemptions = explore.AtMost(1)
		r, err := explore.Search(t.ctx, t.pool.get, o)
		if err != nil {
			return err
		}
		reports[i] = r
	}
	reduced, full := reports[0], reports[1]
	switch {
	case full.Found != nil && reduced.Found == nil && reduced.Exhausted:
		t.differ("one preemption: found", "%s\n%s", verdict(full), verdict(reduced))
	case full.Found != nil || reduced.Found != nil || !full.Exhausted || !reduced.Exhausted:
	case !contained(full.Outcomes, reduced.Outcomes):
		t.differ("one preemption: final states", "%s", t.sets(full.Outcomes, reduced.Outcomes))
	case !contained(reduced.Outcomes, t.reduced.Outcomes):
		t.differ("one preemption: final states that an unbounded search lacks", "%s", t.sets(reduced.Outcomes, t.reduced.Outcomes))
	}
	return nil
}

// same compares the answers of two searches.
func (t *trial) same(name string, a, b *explore.Report) {
	switch {
	case (a.Found == nil) != (b.Found == nil):
		t.differ(name+": found", "%s\n%s", verdict(a), verdict(b))
	case a.Found != nil:
		if a.Preemptions != b.Preemptions {
			t.differ(name+": preemptions of what is found", "%s, after %d preemptions\n%s, after %d preemptions",
				verdict(a), a.Preemptions, verdict(b), b.Preemptions)
		}
	case cutOf(a) != cutOf(b) && (!a.Clocks && !b.Clocks || strings.HasPrefix(name, workers)):
		t.differ(name+": verdict", "%s\n%s", verdict(a), verdict(b))
	case !a.Exhausted || !b.Exhausted: // they say nothing of the rest
	case !slices.Equal(a.Outcomes, b.Outcomes):
		t.differ(name+": final states", "%s", t.sets(a.Outcomes, b.Outcomes))
	}
}

// cutOf is why a search is not exhausted: clocks, whatever else it met.
func cutOf(r *explore.Report) explore.Cut {
	if r.Clocks {
		return explore.CutClocks
	}
	return r.Cut
}

// sameFound compares what two searches found, to the last character.
func (t *trial) sameFound(name string, a, b *explore.Report) {
	if a.Found == nil || b.Found == nil {
		return
	}
	x, y := *a.Found, *b.Found
	x.Violation.What, y.Violation.What = "", "" // counts in it are those of the way on which it was seen, not of the schedule
	if !reflect.DeepEqual(x, y) {
		t.differ(name+": what is found", "%s\n%s", verdict(a), verdict(b))
	}
}

func verdict(r *explore.Report) string {
	if f := r.Found; f != nil {
		return fmt.Sprintf("%s: %s (%s), cpu %d, %s", f.Violation.Property, f.Violation.What, f.Violation.ID, f.Violation.Actor,
			f.Schedule.Format(0))
	}
	return fmt.Sprintf("exhausted %v, cut %q, %d final states", r.Exhausted, r.Cut, len(r.Outcomes))
}

// sets tells what two sets of final states do not share, and how an execution
// comes to the first such state.
func (t *trial) sets(a, b []uint64) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d final states, and %d", len(a), len(b))
	for i, pair := range [][2][]uint64{{a, b}, {b, a}} {
		var missing []uint64
		for _, h := range pair[0] {
			if !slices.Contains(pair[1], h) {
				missing = append(missing, h)
			}
		}
		if len(missing) == 0 {
			continue
		}
		fmt.Fprintf(&s, "\n%d in the %s only, such as %s", len(missing), [2]string{"first", "second"}[i], t.way(missing))
	}
	return s.String()
}

// way is a schedule to one of some final states.
func (t *trial) way(ends []uint64) string {
	sys, err := t.pool.get()
	if err != nil {
		return err.Error()
	}
	defer sys.Close()
	root := sys.Snapshot()
	random := &sched.Random{Seed: 1}
	for n := range witnesses {
		random.Begin(n)
		sys.Restore(root)
		out := explore.Run(sys, random, maxDepth)
		if out.Ended && out.Violation == nil && slices.Contains(ends, sys.EndHash()) {
			return fmt.Sprintf("%x by %s", sys.EndHash(), out.Schedule.Format(t.systems.Checksum(), t.systems.Words()...))
		}
	}
	return fmt.Sprintf("%x, which %d random executions do not reach", ends[0], witnesses)
}

// witnesses is how many executions look for one that ends in a given state.
const witnesses = 400
