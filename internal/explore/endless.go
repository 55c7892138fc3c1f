package explore

import (
	"slices"

	"trapline/internal/sched"
)

// MaxEndless bounds the states in which an end is looked for where a state has
// come back.
const MaxEndless = 1 << 14

// reach is what an endless run can come to: the hashes of its states, nil where
// an end can be reached, a clock is read, or MaxEndless was met.
type reach map[Fingerprint]struct{}

// endless looks for an end that any schedule leads to from the present state,
// by running all of them. The system is where it was afterwards. stop ends it with
// nil, as a bound does.
func endless(sys System, stop func() bool) reach {
	root := sys.Snapshot()
	defer sys.Restore(root)
	seen := reach{sys.Hash(): {}}
	for todo := []Snapshot{root}; len(todo) > 0; {
		if stop() {
			return nil
		}
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		sys.Restore(at)
		live, moved := alive(sys), false
		for a := range sys.Actors() {
			if !live.has(a) {
				continue
			}
			sys.Restore(at)
			s := sys.Step(a)
			if s.Violation != nil || s.Asked.Clocks {
				return nil
			}
			if s.Blocked {
				continue
			}
			moved = true
			h := sys.Hash()
			if _, ok := seen[h]; ok {
				continue
			}
			if seen[h] = struct{}{}; len(seen) > MaxEndless {
				return nil
			}
			todo = append(todo, sys.Snapshot())
		}
		if !moved {
			return nil
		}
	}
	return seen
}

// Bounds of looking for a turn, in steps.
const (
	maxSpin = 1 << 16 // of one actor that goes round
	maxLap  = 1 << 18 // of all
)

// lap is a run that goes on for ever: who took each step, and where its turn
// begins.
type lap struct {
	sys  System
	way  []int
	turn int
}

// findLap lets each actor in turn, first to begin with, run until it is done,
// blocked, or goes round by its own steps alone, until the state comes back: a
// fair run that never ends, if none from here does. False: none was found within
// the bounds.
func findLap(sys System, first int) (l *lap, ok bool) {
	l = &lap{sys: sys}
	seen := map[Fingerprint]int{}
	for len(l.way) < maxLap {
		h := sys.Hash()
		if l.turn, ok = seen[h]; ok {
			return l, true
		}
		seen[h] = len(l.way)
		live := alive(sys)
		for i := range sys.Actors() {
			a := (first + i) % sys.Actors()
			if live.has(a) && !l.spin(a) {
				return nil, false
			}
		}
	}
	return nil, false
}

// spin lets actor run. One that goes round takes one turn if it was on its
// circle before, and else none: it is left where it comes to the circle.
func (l *lap) spin(actor int) bool {
	start := len(l.way)
	seen := map[Fingerprint]int{l.sys.Hash(): start}
	for len(l.way)-start < maxSpin {
		if _, ok := l.sys.Place(actor); !ok {
			return true
		}
		s := l.sys.Step(actor)
		if s.Violation != nil {
			return false
		}
		l.way = append(l.way, actor)
		if s.Blocked {
			return true
		}
		h := l.sys.Hash()
		if at, ok := seen[h]; ok {
			if at > start {
				l.way = l.way[:at]
			}
			return true
		}
		seen[h] = len(l.way)
	}
	return false
}

// give ends found's schedule, behind which the system is, with the lap: on to
// the turn, and the turn itself.
func (l *lap) give(f Found) Found {
	s := f.Schedule.Clone()
	for _, a := range l.way[:l.turn] {
		s.Append(a, 1)
	}
	f.Schedule = s.Endless(sched.Of(l.way[l.turn:]...))
	return f
}

// shrinkEndless makes the schedule to a state from which no end is reached
// small, and gives it a turn: as few switches and steps as lead to any state
// that the endless run comes back to.
func (s *shrinker) shrinkEndless() Found {
	start, found := s.best, false
	for first := range s.sys.Actors() {
		s.replay(start)
		l, ok := findLap(s.sys, first)
		if !ok {
			continue
		}
		way := l.give(start)
		way.Schedule = way.Schedule.Endless(sched.Schedule{})
		if !found || sched.Compare(way.Schedule, s.best.Schedule) < 0 {
			s.best, found = way, true
		}
	}
	if !found {
		return start
	}
	s.replay(s.best)
	if s.within = endless(s.sys, func() bool { return s.ctx.Err() != nil }); s.within != nil {
		s.try(s.best.Schedule.Runs())
		for s.pass() {
		}
	}
	s.replay(s.best)
	if l, ok := findLap(s.sys, 0); ok {
		return l.give(s.best)
	}
	return s.best
}

// replay brings the system to the end of a schedule.
func (s *shrinker) replay(f Found) {
	s.sys.Restore(s.root)
	for _, r := range f.Schedule.Runs() {
		for range r.Steps {
			s.sys.Step(r.Actor)
		}
	}
}

// into runs a schedule until a state of s.within is reached.
func (s *shrinker) into(next sched.Scheduler) (way sched.Schedule, ok bool) {
	last := -1
	var blocked mask
	for n := uint64(0); n < 2*s.best.Schedule.Steps()+sched.ReplayQuantum; n++ {
		if _, ok := s.within[s.sys.Hash()]; ok {
			return way, true
		}
		var list []int
		for a := range s.sys.Actors() {
			if _, can := s.sys.Place(a); can && !blocked.has(a) {
				list = append(list, a)
			}
		}
		if len(list) == 0 {
			return way, false
		}
		a, ok := next.Next(slices.Clip(list), last)
		if !ok {
			return way, false
		}
		st := s.sys.Step(a)
		if last = a; st.Violation != nil {
			return way, false
		}
		if st.Blocked {
			blocked |= bit(a)
			continue
		}
		blocked = 0
		way.Append(a, 1)
	}
	return way, false
}
