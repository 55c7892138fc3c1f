package explore

import (
	"fmt"
	"slices"
	"time"

	"trapline/internal/sched"
)

type duration = time.Duration

// worker runs states of a round on its own system.
type worker struct {
	*round
	sys      System
	coarse   Coarse // sys, or nil
	doers    [][]int
	root     Snapshot
	keeps    bool // snapshots of other workers are of no use
	equal    *equality
	rec      *recorder
	reporter bool
	my       counts
	circles  []edgeOf
	since    int // edges taken since the bounds were looked at
	actors   int
}

func newWorker(r *round, sys System, root Snapshot, reporter bool) *worker {
	w := &worker{round: r, sys: sys, coarse: coarse(sys), root: root, keeps: keeps(sys), rec: newRecorder(r.facts, sys), reporter: reporter,
		equal: newEquality(sys, r.classes), actors: sys.Actors()}
	if !r.o.NoReduction {
		w.doers = doers(sys)
	}
	w.hurry()
	return w
}

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

// run works until the level is done.
func (w *worker) run() {
	for {
		it, ok := w.take(w)
		if !ok {
			break
		}
		snap := it.snap
		if snap == nil || w.keeps && it.of != w {
			if snap, ok = w.reachAgain(it); !ok {
				continue
			}
		}
		for a := range w.actors {
			if it.actors.has(a) && w.visited.claim(w.visited.at(it.node), a) {
				w.sys.Restore(snap)
				w.follow(it.node, snap, a)
				w.look()
			}
		}
		w.drop(it)
	}
	w.flush()
}

// reachAgain takes the steps to a state that another worker reached, or whose
// snapshot was dropped. False: they lead elsewhere. Where code reads a clock
// that states are not told apart by, a state may have been reached by steps that
// took another time: the worker that made it goes on from it. Else that ends the search.
func (w *worker) reachAgain(it item) (Snapshot, bool) {
	n := w.visited.at(it.node)
	w.my.remade++
	if w.retake(it.node) && w.sys.Hash() == n.hash {
		return w.sys.Snapshot(), true
	}
	clocks := w.facts.known().asked.Clocks && !w.clocks
	if clocks && it.snap != nil {
		w.giveBack(it)
		return nil, false
	}
	err := fmt.Errorf("%w: %d steps lead two of them to different states", ErrSystem, n.depth)
	if clocks {
		err = errClocks
	}
	w.mu.Lock()
	w.err = err
	w.more.Broadcast()
	w.mu.Unlock()
	return nil, false
}

// retake takes the steps to a state from the start. False: an actor cannot.
func (w *worker) retake(id uint32) bool {
	s, names := w.visited.schedule(id)
	w.sys.Restore(w.root)
	for _, r := range s.Runs() {
		for range r.Steps {
			if _, ok := w.sys.Place(r.Actor); !ok {
				return false
			}
			w.sys.Step(r.Actor)
			w.unseen(r.Actor, nil)
		}
	}
	if names != unchanged {
		w.equal.sys.Rename(names)
	}
	return true
}

// flush adds what this worker counted to the round's counts.
func (w *worker) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.round.steps += w.my.steps
	w.round.taken += w.my.taken
	w.round.merged += w.my.merged
	w.round.ended += w.my.ended
	w.round.remade += w.my.remade
	w.round.blocked = w.round.blocked || w.rec.blocked
	w.round.pruned = w.round.pruned || w.rec.pruned
	w.round.circles = append(w.round.circles, w.circles...)
	w.round.circled = w.round.circled || len(w.circles) > 0
	w.my, w.circles = counts{}, w.circles[:0]
}

// look compares with the bounds now and then, and reports progress.
func (w *worker) look() {
	if w.since++; w.since < lookEvery {
		return
	}
	w.since = 0
	w.flush()
	w.bounds()
	if w.reporter {
		w.progress()
	}
}

// progress reports how far the round is.
func (r *round) progress() {
	if r.o.Progress == nil {
		return
	}
	r.mu.Lock()
	left := len(r.now) + len(r.next)
	p := Progress{
		Preemptions: r.level, Schedules: r.merged + r.ended, States: r.visited.count(), Steps: r.steps,
		Done: float64(r.taken) / float64(r.taken+uint64(left)+1), Elapsed: elapsed(r.o) - r.start,
	}
	r.mu.Unlock()
	r.o.Progress(p)
}

// lookEvery is how many edges a worker takes between looks at the bounds.
const lookEvery = 256

// follow runs actor from a state, where the system is, as long as it can go on
// to states from which it was not run before. Leaving it for others is put
// aside: for this level where it is blocked or done, for the next one where it
// is not.
func (w *worker) follow(from uint32, snap Snapshot, actor int) {
	for {
		if w.equal != nil && snap == nil {
			snap = w.sys.Snapshot()
		}
		steps, v := w.edge(snap, actor)
		w.my.taken++
		if v != nil {
			w.my.ended++
			w.violated(v, from, actor, steps)
			return
		}
		if steps == 0 {
			w.stuck(from, snap, actor)
			return
		}
		to, names := w.arrive(from, actor, steps)
		actor = names.Of(actor)
		m := w.visited.at(to)
		if w.prune != 0 && uint64(m.depth) >= w.prune {
			w.rec.pruned = true
			return
		}
		if uint64(m.depth) >= w.o.Bounds.Depth {
			w.cutAt(CutDepth)
			return
		}
		if !m.live.has(actor) {
			if others := w.visited.unclaimed(m, m.live); others != 0 {
				w.put(item{node: to, snap: w.sys.Snapshot(), actors: others, of: w}, false)
			}
			return
		}
		others := w.visited.wait(m, m.live&^bit(actor))
		mine := w.visited.claim(m, actor)
		if others == 0 && !mine {
			return
		}
		if snap = nil; m.live != bit(actor) {
			snap = w.sys.Snapshot()
		}
		if others != 0 {
			w.put(item{node: to, snap: snap, actors: others, of: w}, true)
		}
		if !mine {
			return
		}
		from = to
		if w.look(); w.stopped() {
			return
		}
	}
}

// arrive notes that steps of actor led from a state to the system's present one.
func (w *worker) arrive(from uint32, actor int, steps uint32) (uint32, Renaming) {
	names := unchanged
	if w.equal != nil {
		names = w.equal.canonical()
	}
	to, isNew := w.visited.reach(w.sys.Hash(), from, actor, steps, w.level, alive(w.sys))
	if w.part != nil {
		w.part.reached(w.visited.at(to), isNew, Edge{from, to, int8(actor), steps, names})
	}
	if w.visited.lead(from, actor, to, names) {
		w.circles = append(w.circles, edgeOf{from, int8(actor)})
	}
	if isNew {
		w.finish(to)
	} else {
		w.my.merged++
	}
	return to, names
}

// stuck: actor is blocked in a state, so whoever can go on may, at this level.
func (w *worker) stuck(at uint32, snap Snapshot, actor int) {
	n := w.visited.at(at)
	if w.visited.block(n, actor) {
		w.my.ended++
		w.violated(judgeEnd(w.sys, n.live), at, actor, 0)
		return
	}
	if others := w.visited.unclaimed(n, n.live&^bit(actor)); others != 0 {
		w.put(item{node: at, snap: snap, actors: others, of: w}, false)
	}
}

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

// finish judges a new state in which nobody can step.
func (w *worker) finish(id uint32) {
	n := w.visited.at(id)
	if n.live != 0 {
		return
	}
	w.my.ended++
	v := w.sys.End()
	w.rec.looked()
	if w.equal != nil && !w.equal.ends(w.sys, v, w.another) {
		w.unequal()
		return
	}
	if v != nil {
		w.violated(v, id, 0, 0)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.judging {
		return
	}
	if w.o.KeepOutcomes {
		w.outcomes[w.sys.EndHash()] = struct{}{}
	}
	if w.o.AtEnd != nil {
		w.o.AtEnd(w.sys)
	}
	if w.o.NameEnd != nil {
		s, _ := w.visited.schedule(id)
		name := w.o.NameEnd(w.sys)
		if least, ok := w.ends[name]; !ok || sched.Compare(s, least) < 0 {
			w.ends[name] = s
		}
	}
}

// another keeps an end that is one with others for the search.
func (w *worker) another() {
	w.rec.looked()
	if !w.o.KeepOutcomes || w.judging {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outcomes[w.sys.EndHash()] = struct{}{}
}

func sorted(set map[uint64]struct{}) []uint64 {
	list := make([]uint64, 0, len(set))
	for h := range set {
		list = append(list, h)
	}
	slices.Sort(list)
	return list
}
