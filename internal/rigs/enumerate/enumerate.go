// Package enumerate runs every interleaving of a system, one by one. It is what
// searches are measured against.
package enumerate

import (
	"context"

	"trapline/internal/explore"
	"trapline/internal/sched"
)

// Result is what a system's interleavings came to.
type Result struct {
	Complete   bool
	Executions uint64
	Steps      uint64
	Outcomes   map[uint64]uint64 // final states that violate nothing, by hash: how many executions end there
	Violations map[string]uint64 // by property
	Found      *sched.Schedule   // the least that shows a violation, or nil
}

// Run runs every interleaving of sys from its present state to its end, with
// neither reduction nor hashing, up to limit executions (0: no bound).
// Violations are counted; an execution ends at its first.
func Run(ctx context.Context, sys explore.System, limit uint64) *Result {
	e := &enumeration{ctx: ctx, sys: sys, limit: limit, Result: &Result{Outcomes: map[uint64]uint64{}, Violations: map[string]uint64{}}}
	e.Complete = e.from(sys.Snapshot(), 0)
	return e.Result
}

type enumeration struct {
	*Result
	ctx   context.Context
	sys   explore.System
	limit uint64
	way   sched.Schedule
}

// maxSteps bounds one execution.
const maxSteps = 400

func (e *enumeration) from(at explore.Snapshot, depth int) bool {
	if depth == maxSteps || e.limit != 0 && e.Executions >= e.limit || e.ctx.Err() != nil {
		return false
	}
	live := e.live()
	moved, whole := false, true
	way := e.way
	for _, a := range live {
		e.sys.Restore(at)
		s := e.sys.Step(a)
		e.Steps++
		if s.Blocked && s.Violation == nil {
			continue
		}
		moved = true
		e.way = way.Clone()
		e.way.Append(a, 1)
		if s.Violation != nil {
			e.violated(s.Violation.Property)
			continue
		}
		whole = e.from(e.sys.Snapshot(), depth+1) && whole
	}
	if moved {
		return whole
	}
	e.sys.Restore(at)
	e.way = way
	if len(live) > 0 {
		e.violated(explore.NoDeadlock)
	} else if v := e.sys.End(); v != nil {
		e.violated(v.Property)
	} else {
		e.Executions++
		e.Outcomes[e.sys.EndHash()]++
	}
	return whole
}

// live lists the actors that have a step to take, be it that they are blocked at it.
func (e *enumeration) live() (list []int) {
	for a := range e.sys.Actors() {
		if _, ok := e.sys.Place(a); ok {
			list = append(list, a)
		}
	}
	return list
}

func (e *enumeration) violated(property string) {
	e.Executions++
	e.Violations[property]++
	if e.Found == nil || sched.Compare(e.way, *e.Found) < 0 {
		found := e.way.Clone()
		e.Found = &found
	}
}
