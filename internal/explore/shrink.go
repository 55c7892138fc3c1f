package explore

import (
	"context"
	"slices"

	"trapline/internal/sched"
)

// MaxShrinks bounds the executions of one Shrink.
const MaxShrinks = 5000

// Shrink makes found's schedule smaller while it still violates the same
// property: fewest switches first, then fewest steps. sys is in the state that
// schedules start from, and is there again afterwards. The same input gives
// the same result, and the result replays as it stands, with no step left over.
// An endless schedule gets a turn, of which each actor that can go on has a part.
func Shrink(ctx context.Context, sys System, found Found, depth uint64) Found {
	s := &shrinker{ctx: ctx, sys: sys, root: sys.Snapshot(), best: found, depth: depth}
	defer sys.Restore(s.root)
	if found.Endless {
		return s.shrinkEndless()
	}
	if s.depth == 0 {
		s.depth = DefaultDepth
	}
	s.depth = min(s.depth, 4*found.Schedule.Steps()+livelockAfter) // longer runs go round
	s.try(found.Schedule.Runs())
	s.halve()
	for s.pass() {
	}
	return s.best
}

// longRuns is how many runs a schedule has that is first made smaller by whole
// pieces.
const longRuns = 32

// halve leaves out pieces of a long schedule, smaller and smaller ones: one that
// a random strategy found switches at every other step.
func (s *shrinker) halve() {
	for size := len(s.best.Schedule.Runs()) / 2; size > 1; size /= 2 {
		for i := 0; ; {
			runs := s.best.Schedule.Runs()
			if len(runs) <= longRuns || i >= len(runs) {
				break
			}
			if !s.try(slices.Delete(slices.Clone(runs), i, min(i+size, len(runs)))) {
				i += size
			}
		}
	}
}

type shrinker struct {
	ctx   context.Context
	sys   System
	root  Snapshot
	best  Found
	depth uint64
	tries int

	within reach // of an endless schedule: where it has to lead
}

// pass tries every way to make the best schedule smaller, until one does.
func (s *shrinker) pass() bool {
	runs := s.best.Schedule.Runs()
	for i := range runs {
		if s.try(slices.Delete(slices.Clone(runs), i, i+1)) {
			return true
		}
		if j := nextOf(runs, i); j > 0 && (s.try(joined(runs, i, j, i)) || s.try(joined(runs, i, j, j))) {
			return true
		}
	}
	for a := range s.sys.Actors() {
		for b := range a {
			if s.try(exchanged(runs, a, b)) {
				return true
			}
		}
	}
	for i := range runs {
		for cut := runs[i].Steps / 2; cut > 0; cut /= 2 {
			less := slices.Clone(runs)
			less[i].Steps -= cut
			if s.try(less) {
				return true
			}
		}
	}
	return false
}

// exchanged lets actors a and b take each other's part.
func exchanged(runs []sched.Run, a, b int) []sched.Run {
	out := slices.Clone(runs)
	for i := range out {
		switch out[i].Actor {
		case a:
			out[i].Actor = b
		case b:
			out[i].Actor = a
		}
	}
	return out
}

// nextOf is the next run of the actor of run i, or -1.
func nextOf(runs []sched.Run, i int) int {
	for j := i + 1; j < len(runs); j++ {
		if runs[j].Actor == runs[i].Actor {
			return j
		}
	}
	return -1
}

// joined puts runs i and j of one actor together, where run at is.
func joined(runs []sched.Run, i, j, at int) []sched.Run {
	out := slices.Clone(runs)
	out[at].Steps = runs[i].Steps + runs[j].Steps
	return slices.Delete(out, i+j-at, i+j-at+1)
}

// try runs a schedule, going on behind its end, and keeps what was really
// executed if that is smaller and shows the same property violated.
func (s *shrinker) try(runs []sched.Run) bool {
	if s.tries++; s.tries > MaxShrinks || s.ctx.Err() != nil {
		return false
	}
	s.sys.Restore(s.root)
	next := &lenient{runs: runs, tail: sched.RoundRobin{Quantum: sched.ReplayQuantum}}
	next.Begin(0)
	if s.within != nil {
		if way, ok := s.into(next); ok && sched.Compare(way, s.best.Schedule) < 0 {
			s.best.Schedule = way
			return true
		}
		return false
	}
	out := Run(s.sys, next, s.depth)
	v := out.Violation
	if v == nil || v.Property != s.best.Violation.Property {
		return false
	}
	if sched.Compare(out.Schedule, s.best.Schedule) >= 0 {
		return false
	}
	s.best = Found{Violation: *v, Schedule: out.Schedule, Endless: out.Endless}
	return true
}

// lenient follows runs, passing over steps that cannot be taken, and then
// switches only when it must.
type lenient struct {
	runs []sched.Run
	i    int
	done uint64
	tail sched.RoundRobin
}

func (l *lenient) Begin(n int) bool { return l.tail.Begin(n) }

func (l *lenient) Next(runnable []int, last int) (int, bool) {
	for l.i < len(l.runs) {
		r := l.runs[l.i]
		if l.done < r.Steps && slices.Contains(runnable, r.Actor) {
			l.done++
			return r.Actor, true
		}
		l.i, l.done = l.i+1, 0
	}
	return l.tail.Next(runnable, last)
}

// Stay counts a step that nobody could come before.
func (l *lenient) Stay(actor int) {
	if l.i < len(l.runs) && l.runs[l.i].Actor == actor && l.done < l.runs[l.i].Steps {
		l.done++
	}
}
