package explore

// edgeOf is one actor's edge from a state.
type edgeOf struct {
	from  uint32
	actor int8
}

// free finds the states in which an actor goes round by its own steps alone,
// as one that spins on a word does. Leaving it there is no preemption, as
// leaving one that is blocked is none: a fair scheduler does it in any case. It
// moves the work of these states to this level, and reports whether there is
// any.
func (r *round) free() bool {
	for _, e := range r.circles {
		r.visited.markCircle(e)
	}
	r.circles = nil
	r.now, r.next = divide(r.next, func(it item) bool { return r.visited.at(it.node).spinning != 0 })
	return len(r.now) > 0
}

// markCircle marks the states of the circle to which an actor's edges lead, if
// there is one (Brent's algorithm). It is called while nobody works.
func (v *visited) markCircle(e edgeOf) {
	a := int(e.actor)
	saved, steps, power := e.from, 0, 1
	at := e.from
	for {
		next, ok := v.follow(at, a)
		if !ok || v.at(next).spinning.has(a) {
			return
		}
		if at = next; at == saved {
			break
		}
		if steps++; steps == power {
			saved, steps, power = at, 0, 2*power
		}
	}
	for !v.at(at).spinning.has(a) {
		v.at(at).spinning |= bit(a)
		at, _ = v.follow(at, a)
	}
}
