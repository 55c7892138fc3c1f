package explore

// edge runs actor from a state for a step and then on while its steps are local.
// It returns the number of steps that did something.
func (w *worker) edge(from Snapshot, actor int) (uint32, *Violation) {
	compares := w.equal != nil && from != nil
	if compares {
		w.equal.sys.Before(actor, w.equal.renamed)
	}
	n, v := w.local(actor)
	var d Dependence
	if compares {
		d = w.equal.sys.After(from, w.rec.trail.touched, w.rec.trail.watched)
	}
	if !w.o.NoReduction {
		w.rec.end(actor)
	}
	if compares && !w.compare(from, actor, d, n, v) {
		w.unequal()
	}
	return n, v
}

// local takes the steps of edge. What the steps of a piece do is noted where the
// piece begins. Code that goes round and touches nothing shared is left at one
// state of its circle, whichever it came in by: MaxChain is rarely a multiple of
// the circle's length, and every remainder would be a state of its own.
func (w *worker) local(actor int) (uint32, *Violation) {
	var n uint32
	var c circle
	at, ok := w.sys.Place(actor)
	for ok {
		s := w.sys.Step(actor)
		w.my.steps++
		if w.o.NoReduction {
			w.rec.asks(s)
		} else {
			w.rec.note(place{actor, at}, s)
		}
		if s.Violation != nil {
			return n + 1, s.Violation
		}
		if s.Blocked {
			w.rec.blocked = true
			if w.coarse != nil {
				n -= uint32(w.coarse.Undo(actor))
			}
			return n, nil
		}
		n++
		if v := w.unseen(actor, w.note); v != nil {
			return n, v
		}
		if w.coarse != nil && w.coarse.Within(actor) {
			continue
		}
		if w.o.NoReduction || n >= MaxChain && c.ends(w.sys.Hash(), w.rank(actor)) {
			return n, nil
		}
		if at, ok = w.sys.Place(actor); !ok || w.visible.has(place{actor, at}) {
			return n, nil
		}
	}
	return n, nil
}

// rank orders the states of a circle that actor goes round in: of equal actors,
// in the same way.
func (w *worker) rank(actor int) uint64 {
	if w.equal == nil {
		return 0
	}
	return w.equal.sys.Part(actor)
}

// circle finds the state in which an actor that goes round is left: the one
// with the lowest rank, and of these the one with the lowest hash, or with ranks the first.
type circle struct {
	entry, lowest Fingerprint
	rank          uint64 // of lowest
	steps         int
	closed        bool
}

// ends reports whether the actor is to be left in the state with this hash. A
// run that has not come back to where it was first asked about within MaxChain
// steps is left where it is.
func (c *circle) ends(h Fingerprint, rank uint64) bool {
	switch {
	case c.steps == 0:
		c.entry, c.lowest, c.rank = h, h, rank
	case h == c.entry:
		c.closed = true
	case !c.closed && (rank < c.rank || rank == 0 && less(h, c.lowest)):
		c.lowest, c.rank = h, rank
	}
	c.steps++
	return c.closed && h == c.lowest || c.steps > 2*MaxChain
}

func less(a, b Fingerprint) bool { return a[0] < b[0] || a[0] == b[0] && a[1] < b[1] }
