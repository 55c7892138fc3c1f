package explore

import (
	"context"

	"trapline/internal/sched"
)

// Enumerate runs every interleaving of sys from its present state to its end,
// with neither reduction nor hashing, up to limit executions (0: no bound). It
// is what Search is measured against. Violations are counted, and the least
// schedule that shows one is kept; an execution ends at its first.
func Enumerate(ctx context.Context, sys System, limit uint64) *Enumeration {
	e := &Enumeration{Outcomes: map[uint64]uint64{}, Violations: map[string]uint64{}}
	e.sys, e.ctx, e.limit = sys, ctx, limit
	e.Complete = e.from(sys.Snapshot(), 0)
	return e
}

// Enumeration is the result of Enumerate.
type Enumeration struct {
	Complete   bool
	Executions uint64
	Steps      uint64
	Outcomes   map[uint64]uint64 // final states that violate nothing, by hash: how many executions end there
	Violations map[string]uint64 // by property
	Found      *Found

	ctx   context.Context
	sys   System
	limit uint64
	way   sched.Schedule
}

// maxEnumerated bounds the steps of one execution.
const maxEnumerated = 400

func (e *Enumeration) from(at Snapshot, depth int) bool {
	if depth == maxEnumerated || e.limit != 0 && e.Executions >= e.limit || e.ctx.Err() != nil {
		return false
	}
	live := alive(e.sys)
	moved, whole := false, true
	way := e.way
	for a := range e.sys.Actors() {
		if !live.has(a) {
			continue
		}
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
			e.end(s.Violation)
			continue
		}
		whole = e.from(e.sys.Snapshot(), depth+1) && whole
	}
	if !moved {
		e.sys.Restore(at)
		e.way = way
		e.end(judgeEnd(e.sys, live))
	}
	return whole
}

func (e *Enumeration) end(v *Violation) {
	e.Executions++
	if v == nil {
		e.Outcomes[e.sys.EndHash()]++
		return
	}
	e.Violations[v.Property]++
	if e.Found == nil || sched.Compare(e.way, e.Found.Schedule) < 0 {
		e.Found = &Found{Violation: *v, Schedule: e.way.Clone()}
	}
}
