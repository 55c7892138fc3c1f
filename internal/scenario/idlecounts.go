package scenario

import (
	"slices"

	"trapline/internal/explore"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/scenario/world"
)

// What probes have counted decides nothing where nobody asks for it. States are
// told apart without it there, else a loop with a probe in it would never come
// back to a state: the run could go on for ever, and no search would say so
// (V4). Hashes that others compare, such as those of recordings, have it.

// deciding is what of the probes' counts something asks for: an expression of a
// handler or a condition, Go code, or a property.
func (r *Run) deciding() kprobes.Hashed {
	switch {
	case r.asksForCounts():
		return kprobes.AllCounts
	case r.Describe().None():
		return kprobes.NoCounts
	case slices.ContainsFunc(r.checks, func(p explore.Property) bool { return p.Name() == props.OnePreOnePost }):
		return kprobes.Balances
	}
	return kprobes.NoCounts
}

func (r *Run) asksForCounts() bool {
	asks := r.File.InGo()
	look := func(x *format.Expr) {
		if x == nil {
			return
		}
		expr.Walk(x.Node, func(n expr.Node) {
			if c, ok := n.(*expr.Call); ok {
				what, counts := world.CountNames[c.Func]
				asks = asks || counts && what != world.CountArmed
			}
		})
	}
	for i := range r.File.Probes {
		for _, actions := range r.File.Probes[i].Handlers {
			for _, a := range actions {
				look(a.Target)
				for j := range a.Args {
					look(&a.Args[j])
				}
			}
		}
	}
	for _, p := range r.File.Check {
		look(p.Cond)
	}
	return asks
}

// loopHash is the hash of what decides how the run goes on: two states of a run
// with the same one are one.
func (r *Run) loopHash() uint64 {
	r.world.HashCounts(r.deciding())
	defer r.world.HashCounts(kprobes.AllCounts)
	return r.Machine.Hash(false)
}
