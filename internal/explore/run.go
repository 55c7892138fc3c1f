package explore

import (
	"cmp"
	"fmt"
	"strings"

	"trapline/internal/sched"
)

// Outcome is one execution.
type Outcome struct {
	Schedule  sched.Schedule // who took each step, blocked ones left out unless replayed
	Violation *Violation     // nil: none
	Endless   bool           // a violation: behind the schedule the run can only go on for ever
	Ended     bool           // no actor could go on
	Cut       Cut            // CutDepth, or CutNone
	Diverged  bool           // a replayed schedule named an actor that could not step
}

// stopped reports whether the scheduler ended the execution.
func (o *Outcome) stopped() bool { return !o.Ended && o.Violation == nil && o.Cut == CutNone }

// livelockAfter is how many steps an execution may have before its states are
// compared to find one that comes back.
const livelockAfter = 4096

// Run runs sys from its present state to its end, to a violation, to the
// scheduler's end or to maxSteps (0: DefaultDepth). The scheduler has begun.
func Run(sys System, s sched.Scheduler, maxSteps uint64) Outcome {
	return runObserved(sys, s, maxSteps, nil)
}

// runObserved is Run that shows each step to see.
func runObserved(sys System, s sched.Scheduler, maxSteps uint64, see func(place, *Step)) Outcome {
	if maxSteps == 0 {
		maxSteps = DefaultDepth
	}
	r := execution{sys: sys, sched: s, last: -1, see: see, stop: func() bool { return false }}
	if s, ok := s.(stopper); ok {
		r.stop = s.Stopped
	}
	if r.replay, _ = s.(*sched.Replay); r.replay == nil {
		r.coarse = coarse(sys)
	}
	for n := uint64(0); n < maxSteps; n++ {
		if !r.step() {
			return r.out
		}
		if n >= livelockAfter && !r.clocks && r.comesBack(n-livelockAfter) && endless(sys, r.stop) != nil {
			r.out.Violation = &Violation{Property: NoLivelock, Actor: -1, What: neverEnds}
			r.out.Endless = true
			return r.out
		}
	}
	r.out.Cut = CutDepth
	return r.out
}

// execution is a run under way.
type execution struct {
	sys     System
	sched   sched.Scheduler
	replay  *sched.Replay
	see     func(place, *Step)
	stop    func() bool // what takes long is to end
	out     Outcome
	last    int
	blocked mask
	list    []int
	at      place  // where the piece of the present step began
	coarse  Coarse // sys, or nil: its pieces are kept together
	piece   uint64 // steps of the present piece
	inside  bool   // the last step left its actor inside a piece
	clocks  bool   // one was read: states that look alike may go on differently

	// Brent's cycle detection
	saved Fingerprint
	next  uint64
}

// stopper is a scheduler that wants an execution ended, at any time.
type stopper interface{ Stopped() bool }

// step takes one step and reports whether there may be another.
func (r *execution) step() bool {
	live := alive(r.sys)
	if live&^r.blocked == 0 {
		r.out.Ended = true
		r.out.Violation = judgeEnd(r.sys, live)
		return false
	}
	choice := live &^ r.blocked
	if r.replay != nil && r.replay.Left() > 0 {
		choice = live // a schedule may show an actor that spins
	}
	r.list = r.list[:0]
	for a := range r.sys.Actors() {
		if choice.has(a) {
			r.list = append(r.list, a)
		}
	}
	a, ok := r.choose()
	if !ok {
		return false
	}
	st := r.sys.Step(a)
	if r.see != nil {
		r.see(r.at, st)
	}
	r.last, r.inside = a, r.coarse != nil && r.coarse.Within(a)
	r.clocks = r.clocks || st.Asked.Clocks
	if st.Blocked {
		r.blocked |= bit(a)
		if r.coarse != nil {
			r.piece -= r.coarse.Undo(a)
		}
		if r.replay != nil || st.Violation != nil {
			r.out.Schedule.Append(a, 1)
		}
	} else {
		r.blocked = 0
		r.piece++
	}
	if r.piece > 0 && (!r.inside || st.Violation != nil) {
		r.out.Schedule.Append(a, r.piece)
		r.piece = 0
	}
	r.out.Violation = st.Violation
	return st.Violation == nil
}

// choose tells who takes the next step, of r.list.
func (r *execution) choose() (int, bool) {
	if r.inside {
		if s, ok := r.sched.(stayer); ok {
			s.Stay(r.last)
		}
		return r.last, true
	}
	a, ok := r.sched.Next(r.list, r.last)
	if !ok {
		r.out.Diverged = r.replay != nil && r.replay.Diverged()
		return a, false
	}
	at, _ := r.sys.Place(a)
	r.at = place{a, at}
	return a, true
}

// comesBack reports whether a state may be one that was there before. Whether
// the run can still end is another question: the schedule may be unfair.
func (r *execution) comesBack(n uint64) bool {
	h := r.sys.Hash()
	again := h == r.saved && n > 0
	if again || n == r.next { // a state that came back without harm is not asked about again soon
		r.saved, r.next = h, max(2*n, 1)
	}
	return again
}

// judgeEnd judges a state in which all of live are blocked.
func judgeEnd(sys System, live mask) *Violation {
	if live == 0 {
		return sys.End()
	}
	v := &Violation{Property: NoDeadlock, Actor: -1}
	var rows, texts []string
	for a := range sys.Actors() {
		if !live.has(a) {
			continue
		}
		if v.Actor < 0 {
			v.Actor = a
		}
		st := stepped(sys, a) // changes nothing: it is blocked
		rows = append(rows, st.Row)
		texts = append(texts, fmt.Sprintf("cpu%d waits for %s", a, cmp.Or(st.Waits, "a lock")))
	}
	v.What = "nobody can go on: " + strings.Join(texts, ", ")
	if e, ok := sys.(explainer); ok {
		v.ID = e.explain(rows)
	}
	return v
}

// explainer is a System that knows deadlocks by the rows of what is waited for.
type explainer interface{ explain(rows []string) string }
