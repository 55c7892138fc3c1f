package fuzzsearch

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"trapline/internal/explore"
)

// Campaign tries the scenarios of many seeds.
type Campaign struct {
	Config    Config
	First     uint64 // seed
	Scenarios int    // to try, discarded ones not counted
	// Thorough are so many scenarios, evenly spread, that get Many executions
	// of each random strategy.
	Thorough, Many int
	// AtOnce are tried at the same time, 0: 1.
	AtOnce int
	// Folder, if not "", is where scenarios with differences are written, made
	// small.
	Folder string
	// Log, if not nil, gets a line for each difference and a table now and then.
	Log io.Writer

	tried, several, enumerated, equal, violated, thorough int
	cut                                                   map[explore.Cut]int
	features                                              map[Feature]int
	discarded                                             map[string]int
	differences                                           map[string][]uint64 // seeds, by kind
}

// Run tries them and reports how many differ.
func (c *Campaign) Run(ctx context.Context) int {
	c.features, c.discarded, c.differences = map[Feature]int{}, map[string]int{}, map[string][]uint64{}
	c.cut = map[explore.Cut]int{}
	differ := 0
	var pending []*attempt // in the order of their seeds, which they are counted in
	for seed := c.First; c.tried < c.Scenarios; {
		for len(pending) < max(c.AtOnce, 1) {
			pending = append(pending, c.begin(ctx, seed))
			seed++
		}
		a := pending[0]
		pending = pending[1:]
		<-a.done
		if ctx.Err() != nil {
			break
		}
		c.count(&a.result, a.thorough)
		if len(a.result.Differences) > 0 {
			differ++
			c.keep(ctx, a.scenario, &a.result)
		}
		if c.Log != nil && c.tried%tableEvery == 0 && a.result.Discarded == "" {
			fmt.Fprintf(c.Log, "up to seed %d: %d scenarios, %d with several final states, %d differ\n",
				a.scenario.Seed, c.tried, c.several, differ)
		}
	}
	for _, a := range pending {
		<-a.done
	}
	return differ
}

// attempt is a scenario being tried.
type attempt struct {
	scenario *Scenario
	thorough bool
	done     chan struct{} // closed when result is there
	result   Result
}

func (c *Campaign) begin(ctx context.Context, seed uint64) *attempt {
	a := &attempt{scenario: Make(seed), thorough: c.isThorough(), done: make(chan struct{})}
	config := c.Config
	if a.thorough {
		config.Executions = c.Many
	}
	go func() {
		defer close(a.done)
		a.result = Compare(ctx, a.scenario, config)
	}()
	return a
}

// tableEvery is how many scenarios go by between lines of progress.
const tableEvery = 100

func (c *Campaign) isThorough() bool {
	return c.Thorough > 0 && c.tried*c.Thorough/c.Scenarios >= c.thorough
}

func (c *Campaign) count(r *Result, thorough bool) {
	if r.Discarded != "" {
		c.discarded[r.Discarded]++
		return
	}
	c.tried++
	if thorough {
		c.thorough++
	}
	if r.Ends > 1 {
		c.several++
	}
	if r.Cut != explore.CutNone {
		c.cut[r.Cut]++
	}
	if r.Enumerated {
		c.enumerated++
	}
	if r.Equal {
		c.equal++
	}
	if r.Violated != "" {
		c.violated++
	}
	for _, f := range r.Executed {
		c.features[f]++
	}
}

// keep tells of a difference and writes the smallest scenario that shows it.
func (c *Campaign) keep(ctx context.Context, s *Scenario, r *Result) {
	for _, d := range r.Differences {
		c.differences[d.Kind] = append(c.differences[d.Kind], s.Seed)
		if c.Log != nil {
			fmt.Fprintf(c.Log, "seed %d: %s\n", s.Seed, d.Kind)
		}
		if c.Folder == "" || len(c.differences[d.Kind]) > shrunk {
			continue
		}
		small, why := Shrink(ctx, s, d, c.Config)
		if err := write(c.Folder, small, why); err != nil && c.Log != nil {
			fmt.Fprintln(c.Log, err)
		}
	}
}

// shrunk is how many scenarios of one kind of difference are made small.
const shrunk = 20

// write keeps a scenario and what it shows.
func write(folder string, s *Scenario, d Difference) error {
	name := fmt.Sprintf("%s-%d", strings.NewReplacer(":", "", " ", "-", ",", "").Replace(d.Kind), s.Seed)
	text := fmt.Sprintf("%s\n%s\ngo test ./internal/rigs/fuzzsearch -run TestSearch -seed %d -v\ntrapline explore %s.txtar%s\n",
		d.Kind, d.Text, s.Seed, name, map[bool]string{true: " --kernel-text"}[s.Text])
	if err := os.WriteFile(filepath.Join(folder, name+".txt"), []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, name+".txtar"), []byte(s.File()), 0o644)
}

// Table prints what was tried.
func (c *Campaign) Table() string {
	var b strings.Builder
	row := func(name string, n int) { fmt.Fprintf(&b, "%7d  %s\n", n, name) }
	row("scenarios", c.tried)
	row("with two or more final states", c.several)
	row("in which the search found a violation", c.violated)
	row("enumerated completely", c.enumerated)
	row("searched with equal vCPUs as one", c.equal)
	row("not exhausted, as the search says, because of clocks", c.cut[explore.CutClocks])
	row(fmt.Sprintf("with %d random executions of each kind", c.Many), c.thorough)
	b.WriteString("that execute the feature\n")
	for _, f := range all {
		row(string(f), c.features[f])
	}
	b.WriteString("discarded\n")
	for _, why := range byCount(c.discarded, func(n int) int { return n }) {
		row(why, c.discarded[why])
	}
	b.WriteString("differences\n")
	for _, kind := range byCount(c.differences, func(l []uint64) int { return len(l) }) {
		row(fmt.Sprintf("%s; seeds %v", kind, c.differences[kind][:min(len(c.differences[kind]), 10)]), len(c.differences[kind]))
	}
	return b.String()
}

// byCount lists the keys of a table, the most frequent first.
func byCount[V any](table map[string]V, count func(V) int) []string {
	return slices.SortedFunc(maps.Keys(table), func(a, b string) int {
		return cmp.Or(count(table[b])-count(table[a]), strings.Compare(a, b))
	})
}
