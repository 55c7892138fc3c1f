package explore

import (
	"context"

	"trapline/internal/sched"
)

// warmups is how many executions look for dependences before a search.
const warmups = 24

// warmUp runs a few executions so that the first round knows most dependences.
func warmUp(ctx context.Context, sys System, root Snapshot, f *facts, depth uint64) {
	rec := newRecorder(f, sys)
	random := &sched.Random{Seed: 1}
	quiet := 0
	for n := range warmups {
		if ctx.Err() != nil || quiet == warmUpQuiet || n > 0 && sys.Actors() == 1 {
			break
		}
		before := f.known()
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
			rec.note(p, s)
			rec.end(p.actor)
		})
		if quiet++; f.known() != before {
			quiet = 0
		}
	}
	sys.Restore(root)
}

// warmUpQuiet is how many executions that teach nothing end warmUp.
const warmUpQuiet = 2

// warmUpSteps bounds one execution of warmUp.
const warmUpSteps = 4000

// judgeStart looks whether a property is false where the search starts. Nobody judges that state, but the first step of anyone
// shows it that does not make the property true: who goes first decides, so all actors' first places are visible. Elsewhere a
// property that a step finds false became so by a step that was judged.
func (f *facts) judgeStart(sys System, root Snapshot) {
	wrong := false
	var first []place
	for a := range sys.Actors() {
		sys.Restore(root)
		if at, ok := sys.Place(a); ok {
			first = append(first, place{a, at})
			wrong = sys.Step(a).Violation != nil || wrong
		}
	}
	sys.Restore(root)
	if wrong {
		f.see(first)
	}
}
