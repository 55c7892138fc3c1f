package explore

// begin puts the start into the work: whoever goes first is free to.
func (w *worker) begin() {
	b := beginning{worker: w, by: -1}
	if !w.o.NoReduction && !w.o.Without.has(LocalStarts) {
		for a := range w.actors {
			if at, ok := w.sys.Place(a); ok && !w.visible.has(place{a, at}) && !b.advance(a) {
				return
			}
		}
	}
	if w.equal != nil && !w.equal.keeps(w.sys) {
		w.unequal()
		return
	}
	live := alive(w.sys)
	n := b.reach(w.sys.Hash(), live)
	w.finish(n)
	w.put(item{node: n, snap: w.sys.Snapshot(), actors: live, of: w}, false)
}

// beginning is the way to the state in which each actor has taken the steps
// before its first visible place. Nobody can tell when it took them, so there
// is one order, and none of these steps counts as a preemption.
type beginning struct {
	*worker
	from  uint32 // the last state that was noted; the present one is steps of by on
	by    int    // -1: it is the start
	steps uint32
}

// reach notes the present state, from which those of live are run.
func (b *beginning) reach(hash Fingerprint, live mask) uint32 {
	n, _ := b.visited.reach(hash, b.from, b.by, b.steps, 0, live)
	if b.by >= 0 {
		b.visited.lead(b.from, b.by, n, unchanged)
	}
	return n
}

// advance runs an actor to its first visible place. False: something is
// violated on the way.
func (b *beginning) advance(actor int) bool {
	hash := b.sys.Hash()
	steps, v := b.edge(nil, actor)
	if v == nil && (steps == 0 || b.sys.Hash() == hash) { // blocked, or in a loop
		return true
	}
	b.my.taken++
	b.from = b.reach(hash, bit(actor))
	b.by, b.steps = actor, steps
	if v != nil {
		b.my.ended++
		b.violated(v, b.from, actor, steps)
	}
	return v == nil
}
