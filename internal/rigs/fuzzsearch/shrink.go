package fuzzsearch

import (
	"context"
	"slices"
)

// Shrink leaves out pieces of a scenario for as long as the same kind of
// difference shows.
func Shrink(ctx context.Context, s *Scenario, d Difference, c Config) (*Scenario, Difference) {
	for again := true; again; {
		again = false
		for i := 0; ; i++ {
			less, ok := s.without(i)
			if !ok || ctx.Err() != nil {
				break
			}
			r := Compare(ctx, less, c)
			if same, ok := r.Has(d.Kind); ok {
				s, d, again = less, same, true
				i--
			}
		}
	}
	return s, d
}

// without is a copy of s that lacks the n-th of its pieces, or false when
// there are not so many.
func (s *Scenario) without(n int) (*Scenario, bool) {
	c := s.clone()
	drop := func(list *[]Part) bool {
		if n -= len(*list); n >= 0 {
			return false
		}
		n += len(*list)
		*list = slices.Delete(*list, n, n+1)
		return true
	}
	if !c.Program && c.CPUs > 1 { // the last vCPU
		if n == 0 {
			last := c.CPUs - 1
			c.Tasks, c.CPUs = c.Tasks[:last], last
			return c, true
		}
		n--
	}
	for i := range c.Probes {
		if n == 0 {
			c.Probes = slices.Delete(c.Probes, i, i+1)
			return c, true
		}
		n--
		for j := range c.Probes[i].Handlers {
			if drop(&c.Probes[i].Handlers[j].Actions) {
				return c, true
			}
		}
	}
	for _, list := range []*[]Part{&c.Interrupts, &c.Checks} {
		if drop(list) {
			return c, true
		}
	}
	for _, tasks := range [][]Task{c.Tasks, c.Functions} {
		for i := range tasks {
			if drop(&tasks[i].Calls) || drop(&tasks[i].Pieces) {
				return c, true
			}
		}
	}
	for _, simpler := range []struct {
		can    bool
		change func()
	}{
		{c.Prefetch > 0, func() { c.Prefetch = 0 }},
		{c.Quantum > 0, func() { c.Quantum = 0 }},
		{c.Text, func() { c.Text = false }},
		{len(c.Functions) > 0, func() { c.Functions = nil }},
		{len(c.Functions) > 1, func() { c.Functions = c.Functions[1:] }},
	} {
		if !simpler.can {
			continue
		}
		if n == 0 {
			simpler.change()
			return c, true
		}
		n--
	}
	return nil, false
}

func (s *Scenario) clone() *Scenario {
	c := *s
	c.Tasks, c.Functions = cloneTasks(s.Tasks), cloneTasks(s.Functions)
	c.Probes = slices.Clone(s.Probes)
	for i := range c.Probes {
		c.Probes[i].Handlers = slices.Clone(c.Probes[i].Handlers)
		for j := range c.Probes[i].Handlers {
			h := &c.Probes[i].Handlers[j]
			h.Actions = slices.Clone(h.Actions)
		}
	}
	c.Interrupts, c.Checks = slices.Clone(s.Interrupts), slices.Clone(s.Checks)
	return &c
}

func cloneTasks(list []Task) []Task {
	list = slices.Clone(list)
	for i := range list {
		list[i].Pieces, list[i].Calls = slices.Clone(list[i].Pieces), slices.Clone(list[i].Calls)
	}
	return list
}
