package explore

import (
	"cmp"
	"fmt"
	"strings"

	"trapline/emu/sched"
)

// Outcome is one execution.
type Outcome struct {
	Schedule  sched.Schedule // who took each step, blocked ones left out unless replayed
	Violation *Violation     // nil: none
	Ended     bool           // no actor could go on
	Cut       Cut            // CutDepth, or CutNone
	Diverged  bool           // a replayed schedule named an actor that could not step
}

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
	r := execution{sys: sys, sched: s, last: -1, see: see}
	r.replay, _ = s.(*sched.Replay)
	for n := uint64(0); n < maxSteps; n++ {
		if !r.step() {
			return r.out
		}
		if n >= livelockAfter && !r.clocks && r.comesBack(n-livelockAfter) {
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
	out     Outcome
	last    int
	blocked mask
	list    []int
	clocks  bool // one was read: states that look alike may go on differently

	// Brent's cycle detection
	saved   uint64
	since   uint64
	next    uint64
	stepped mask
}

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
	a, ok := r.sched.Next(r.list, r.last)
	if !ok {
		r.out.Diverged = r.replay != nil && r.replay.Diverged()
		return false
	}
	at, _ := r.sys.Place(a)
	st := r.sys.Step(a)
	if r.see != nil {
		r.see(place{a, at}, st)
	}
	r.last = a
	r.clocks = r.clocks || st.Asked.Clocks
	if st.Blocked {
		r.blocked |= bit(a)
		if r.replay != nil || st.Violation != nil {
			r.out.Schedule.Append(a, 1)
		}
	} else {
		r.blocked = 0
		r.stepped |= bit(a)
		r.out.Schedule.Append(a, 1)
	}
	r.out.Violation = st.Violation
	return st.Violation == nil
}

// comesBack finds a state that was there before, with every actor that can
// step having stepped in between: a fair execution that never ends.
func (r *execution) comesBack(n uint64) bool {
	h := r.sys.Hash()
	if h == r.saved && n > 0 && (alive(r.sys)&^r.blocked)&^r.stepped == 0 {
		r.out.Violation = &Violation{
			Property: NoLivelock, Actor: -1,
			What: fmt.Sprintf("a state comes back after %d steps, and every vCPU that could step did: this never ends", n-r.since),
		}
		return true
	}
	if n == r.next {
		r.saved, r.since, r.next, r.stepped = h, n, max(2*n, 1), 0
	}
	return false
}

// judgeEnd judges a state in which all of live are blocked.
func judgeEnd(sys System, live mask) *Violation {
	if live == 0 {
		return sys.End()
	}
	v := &Violation{Property: NoDeadlock, Actor: -1}
	var waits, texts []string
	for a := range sys.Actors() {
		if !live.has(a) {
			continue
		}
		if v.Actor < 0 {
			v.Actor = a
		}
		w := sys.Step(a).Waits // changes nothing: it is blocked
		waits = append(waits, w)
		texts = append(texts, fmt.Sprintf("cpu%d waits for %s", a, cmp.Or(w, "a lock")))
	}
	v.What = "nobody can go on: " + strings.Join(texts, ", ")
	if e, ok := sys.(explainer); ok {
		v.ID = e.explain(waits)
	}
	return v
}

// explainer is a System that knows deadlocks by what is waited for.
type explainer interface{ explain(waits []string) string }
