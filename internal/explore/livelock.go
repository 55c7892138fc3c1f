package explore

import "trapline/internal/sched"

// fate is what is known of how the runs from a state can go on.
type fate uint8

const (
	never fate = iota // no end can be reached: all that can follow was covered
	open              // no end was reached, and something was left out
	ends              // an end can be reached, or a violation
)

// fates judges all states reached. A state whose edges are not all known is
// open; going back along the edges from the ends, and then from the open ones,
// leaves those that can only go round for ever.
func (r *round) fates() []fate {
	n := uint32(r.visited.count())
	f := make([]fate, n)
	back := r.visited.backwards(n)
	var todo []uint32
	spread := func(what fate) {
		for len(todo) > 0 {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for _, j := range back.to(i) {
				if f[j] == never {
					f[j] = what
					todo = append(todo, j)
				}
			}
		}
	}
	seed := func(what fate, is func(uint32) bool) {
		for i := range n {
			if f[i] == never && is(i) {
				f[i] = what
				todo = append(todo, i)
			}
		}
		spread(what)
	}
	seed(ends, func(i uint32) bool {
		x := r.visited.at(i)
		_, violates := r.violating[i]
		return x.live&^x.blocked == 0 || violates
	})
	seed(open, func(i uint32) bool { return !r.visited.closed(i) })
	return f
}

// closed reports whether every actor's step from a state is known.
func (v *visited) closed(id uint32) bool {
	n := v.at(id)
	for a := range maxActors {
		if n.live.has(a) && !n.blocked.has(a) && *v.edges.at(v.slot(n, a)) == 0 {
			return false
		}
	}
	return true
}

// incoming lists, for each state, those that lead to it.
type incoming struct{ start, from []uint32 }

func (in *incoming) to(id uint32) []uint32 { return in.from[in.start[id]:in.start[id+1]] }

// backwards turns the edges of the first n states round.
func (v *visited) backwards(n uint32) *incoming {
	in := &incoming{start: make([]uint32, n+1)}
	v.eachEdge(n, func(_, to uint32) { in.start[to]++ })
	total := uint32(0)
	for i, k := range in.start {
		total += k
		in.start[i] = total // for now the end
	}
	in.from = make([]uint32, total)
	v.eachEdge(n, func(from, to uint32) {
		in.start[to]--
		in.from[in.start[to]] = from
	})
	return in
}

func (v *visited) eachEdge(n uint32, f func(from, to uint32)) {
	for i := range n {
		for a := range maxActors {
			if to, ok := v.follow(i, a); ok {
				f(i, to)
			}
		}
	}
}

// livelock looks for a state from which no end can be reached, and keeps the
// simplest way to one. Without a circle there is none, and a clock may end what
// looks like one.
func (r *round) livelock(all bool) bool {
	if n := r.visited.count(); !r.circled || r.facts.known().asked.Clocks || !all && n < r.judged+r.judged/4 {
		return false
	}
	r.judged = r.visited.count()
	return r.endless(r.fates())
}

func (r *round) endless(f []fate) bool {
	for i := range f {
		n := r.visited.at(uint32(i))
		if f[i] != never || n.actor >= 0 && f[n.parent] == never {
			continue // there is an earlier one
		}
		s, _ := r.visited.schedule(uint32(i))
		if r.found == nil || shorter(s, r.found.Schedule) {
			r.found = &Found{Violation: Violation{Property: NoLivelock, Actor: -1, What: neverEnds}, Schedule: s, Endless: true}
		}
	}
	return r.found != nil
}

// shorter prefers fewer steps: fewer switches may be had by letting an actor end
// that has no part in it.
func shorter(a, b sched.Schedule) bool {
	if x, y := a.Steps(), b.Steps(); x != y {
		return x < y
	}
	return sched.Compare(a, b) < 0
}

// neverEnds is what a livelock is.
const neverEnds = "from here on no vCPU's work can ever end, whatever the schedule"

// beyond decides whether the runs within the bound on preemptions can end that
// did not: an end may need more preemptions. It goes on from their states
// without the bound, and looks for ends only.
func (r *round) beyond(workers []*worker) {
	within, counted := r.visited.count(), r.counts
	r.judging = true
	for budget := firstBudget; ; budget *= 2 {
		f := r.fates()
		if r.endless(f[:within]) {
			break
		}
		r.now, r.next = divide(append(r.next, r.now...), func(it item) bool { return f[it.node] == open })
		if r.undecided = hasOpen(f[:within]); !r.undecided || len(r.now) == 0 {
			break
		}
		r.pause = r.visited.count() + budget
		r.work(workers)
		if r.cut != CutNone || r.grew() {
			break
		}
	}
	r.judging, r.counts, r.states = false, counted, within
}

// firstBudget is how many states are looked at before fates are judged anew.
const firstBudget = 1 << 10

func hasOpen(f []fate) bool {
	for _, x := range f {
		if x == open {
			return true
		}
	}
	return false
}

// undecidedWithin reports whether a state that was reached with fewer
// preemptions than are being searched may be one from which no end is reached.
func (r *round) undecidedWithin() bool {
	if !r.circled || r.level == 0 {
		return false
	}
	for i, x := range r.fates() {
		if x == open && int(r.visited.at(uint32(i)).level) < r.level {
			return true
		}
	}
	return false
}

// divide splits items, keeping their order.
func divide(list []item, first func(item) bool) (yes, no []item) {
	for _, it := range list {
		if first(it) {
			yes = append(yes, it)
		} else {
			no = append(no, it)
		}
	}
	return yes, no
}
