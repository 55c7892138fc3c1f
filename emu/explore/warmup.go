package explore

import (
	"context"

	"trapline/emu/sched"
)

// warmups is how many executions look for dependences before a search.
const warmups = 24

// warmUp runs a few executions so that the first round knows most dependences.
func warmUp(ctx context.Context, sys System, root Snapshot, f *facts, depth uint64) {
	rec := newRecorder(f, sys)
	random := &sched.Random{Seed: 1}
	for n := range warmups {
		if ctx.Err() != nil {
			return
		}
		var s sched.Scheduler = random
		switch n {
		case 0:
			s = &sched.RoundRobin{}
		case 1:
			s = &sched.RoundRobin{Quantum: 1}
		}
		s.Begin(n)
		sys.Restore(root)
		runObserved(sys, s, min(depth, warmUpSteps), func(p place, s *Step) {
			rec.note(p.at, s)
			rec.end(p.actor)
		})
	}
	sys.Restore(root)
}

// warmUpSteps bounds one execution of warmUp.
const warmUpSteps = 4000
