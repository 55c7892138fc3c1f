package fuzzsearch

import (
	"context"
	"fmt"
	"path"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/scenario"
	"trapline/internal/sched"
	"trapline/internal/x86"
)

// mark is the label of a piece of code with features.
func mark(task, piece int) string { return fmt.Sprintf("f%d_%d", task, piece) }

// executed is what some executions of a scenario came to.
type executed struct {
	places  map[uint64]bool     // linear addresses of instructions that were begun
	vectors map[x86.Vector]bool // that were delivered
	probes  map[string]scenario.ProbeEnd
}

// executions is how many are looked at, at most, for what a scenario executes.
const executions = 8

// execute tells the features of a scenario that executions of it come to: one in
// turns, then random ones.
func execute(ctx context.Context, s *Scenario, f *scenario.File, symbols loader.Symbols) ([]Feature, error) {
	x := executed{map[uint64]bool{}, map[x86.Vector]bool{}, map[string]scenario.ProbeEnd{}}
	all := s.All()
	var seen []Feature
	for n := range executions {
		var next sched.Scheduler = &sched.RoundRobin{Quantum: 1}
		if n > 0 {
			next = &sched.Random{Seed: 1}
		}
		next.Begin(n)
		if err := x.follow(ctx, f, scenario.Options{KernelText: s.Text}, next); err != nil {
			return nil, err
		}
		if seen = x.features(s, symbols); len(seen) == len(all) {
			break
		}
	}
	return seen, nil
}

// follow adds one execution.
func (x *executed) follow(ctx context.Context, f *scenario.File, o scenario.Options, next sched.Scheduler) error {
	o.Direct = !o.KernelText
	r, err := scenario.Open(ctx, f, o)
	if err != nil {
		return err
	}
	defer r.Close()
	steps := 0
	err = r.Follow(ctx, until{next, &steps}, func(ev *emu.Event) {
		if ev.Kind == emu.StepInstruction || ev.Kind == emu.StepDelivery {
			x.places[ev.PC] = true
		}
		if d := ev.Delivery; d != nil {
			x.vectors[d.Trap.Vector] = true
		}
	})
	if err != nil && steps <= maxSampled {
		return err
	}
	for _, p := range r.ProbeEnds() {
		name := path.Base(p.Name) // an event's has its group
		sum := x.probes[name]
		sum.Hits, sum.Posts, sum.Faults = sum.Hits+p.Hits, sum.Posts+p.Posts, sum.Faults+p.Faults
		x.probes[name] = sum
	}
	return nil
}

// until is a scheduler that stops after maxSampled steps.
type until struct {
	sched.Scheduler
	steps *int
}

// Next implements sched.Scheduler.
func (u until) Next(list []int, last int) (int, bool) {
	if *u.steps++; *u.steps > maxSampled {
		return 0, false
	}
	return u.Scheduler.Next(list, last)
}

// features lists those of s that were come to.
func (x *executed) features(s *Scenario, symbols loader.Symbols) []Feature {
	at := func(label string) bool {
		sym, ok := symbols.Lookup(label)
		return ok && x.places[sym.Addr]
	}
	var lists [][]Feature
	add := func(came bool, f []Feature) {
		if came {
			lists = append(lists, f)
		}
	}
	hit := false
	for i := range s.Probes {
		p := &s.Probes[i]
		name, _, _ := strings.Cut(p.Text, " ")
		if p.Event {
			name = name[len("p:"):]
		}
		end := x.probes[name]
		hit = hit || end.Hits > 0
		add(end.Hits > 0, p.Features)
		for _, h := range p.Handlers {
			came := map[string]uint64{"post": end.Posts, "fault": end.Faults}
			n, counted := came[h.Kind]
			for _, a := range h.Actions {
				add(n > 0 || !counted && end.Hits > 0, a.Features)
			}
		}
	}
	everyTask := true
	for i, t := range append(append([]Task(nil), s.Tasks...), s.Functions...) {
		everyTask = everyTask && (i >= len(s.Tasks) || at(t.Label))
		for j, p := range t.Pieces {
			add(at(mark(i, j)), p.Features)
		}
		for _, c := range t.Calls {
			add(true, c.Features)
		}
	}
	for _, in := range s.Interrupts {
		kind, _, _ := strings.Cut(in.Text, " ")
		add(x.vectors[format.Vectors[kind]], in.Features)
	}
	for _, f := range s.Features {
		switch f {
		case TwoThreads, ThreeThreads, OneCPUOfMany:
			add(everyTask, []Feature{f})
		case KernelText:
			add(hit, []Feature{f})
		default:
			add(true, []Feature{f})
		}
	}
	for _, c := range s.Checks {
		add(true, c.Features)
	}
	return merged(lists...)
}
