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
	saved, steps, power := e, 0, 1
	at := e
	for {
		next, ok := v.on(at)
		if !ok || v.at(next.from).spinning.has(int(next.actor)) {
			return
		}
		if at = next; at == saved {
			break
		}
		if steps++; steps == power {
			saved, steps, power = at, 0, 2*power
		}
	}
	for !v.at(at.from).spinning.has(int(at.actor)) {
		v.at(at.from).spinning |= bit(int(at.actor))
		at, _ = v.on(at)
	}
}

// on is the actor's next edge, by the number that it has there.
func (v *visited) on(e edgeOf) (edgeOf, bool) {
	a := int(e.actor)
	to, ok := v.follow(e.from, a)
	if !ok {
		return e, false
	}
	return edgeOf{to, int8(v.naming(e.from, a).Of(a))}, true
}
