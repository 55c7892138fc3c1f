package explore

import (
	"slices"
	"time"
)

type duration = time.Duration

// worker runs states of a round on its own system.
type worker struct {
	*round
	sys      System
	rec      *recorder
	reporter bool
	my       counts
	edges    [][2]uint32
	since    int // edges since the bounds were looked at
	actors   int
}

func newWorker(r *round, sys System, reporter bool) *worker {
	return &worker{round: r, sys: sys, rec: newRecorder(r.facts), reporter: reporter, actors: sys.Actors()}
}

// begin puts the start into the work: whoever goes first is free to.
func (w *worker) begin() {
	n, _ := w.visited.reach(w.sys.Hash(), nil, -1, 0, alive(w.sys))
	w.finish(n)
	w.put(item{n, w.root, n.live}, false)
}

// run works until the level is done.
func (w *worker) run() {
	for {
		it, ok := w.take()
		if !ok {
			break
		}
		for a := range w.actors {
			if it.actors.has(a) && w.visited.claim(it.node, a) {
				w.sys.Restore(it.snap)
				w.follow(it.node, it.snap, a)
				w.look()
			}
		}
		w.drop(it)
	}
	w.flush()
}

// flush adds what this worker counted to the round's counts.
func (w *worker) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.round.steps += w.my.steps
	w.round.taken += w.my.taken
	w.round.merged += w.my.merged
	w.round.ended += w.my.ended
	w.round.edges = append(w.round.edges, w.edges...)
	w.round.blocked = w.round.blocked || w.rec.blocked
	w.round.pruned = w.round.pruned || w.rec.pruned
	w.my, w.edges = counts{}, w.edges[:0]
}

// look compares with the bounds now and then, and reports progress.
func (w *worker) look() {
	if w.since++; w.since < lookEvery {
		return
	}
	w.since = 0
	w.flush()
	if c := cutOf(w.ctx); c != CutNone {
		w.cutAt(c)
	}
	states := w.visited.count()
	if states > w.o.Bounds.States {
		w.cutAt(CutStates)
	}
	if !w.reporter || w.o.Progress == nil {
		return
	}
	w.mu.Lock()
	left := len(w.now) + len(w.next)
	p := Progress{
		Preemptions: w.level, Schedules: w.merged + w.ended, States: states, Steps: w.steps,
		Done: float64(w.taken) / float64(w.taken+uint64(left)+1), Elapsed: elapsed(w.o) - w.start,
	}
	w.mu.Unlock()
	w.o.Progress(p)
}

// lookEvery is how many edges a worker takes between looks at the bounds.
const lookEvery = 256

// follow runs actor from n, where the system is, as long as it can go on to
// states from which it was not run before. Leaving it for others is put aside:
// for this level where it is blocked or done, for the next one where it is not.
func (w *worker) follow(n *node, snap Snapshot, actor int) {
	for {
		steps, v := w.edge(actor)
		w.my.taken++
		if v != nil {
			w.my.ended++
			w.violated(v, n, actor, steps)
			return
		}
		if steps == 0 {
			w.stuck(n, snap, actor)
			return
		}
		m, isNew := w.visited.reach(w.sys.Hash(), n, actor, steps, alive(w.sys))
		w.edges = append(w.edges, [2]uint32{n.id, m.id})
		if isNew {
			w.finish(m)
		} else {
			w.my.merged++
		}
		if w.prune != 0 && m.depth >= w.prune {
			w.rec.pruned = true
			return
		}
		if m.depth >= w.o.Bounds.Depth {
			w.cutAt(CutDepth)
			return
		}
		var others mask
		if m.live.has(actor) {
			others = w.visited.wait(m, m.live&^bit(actor))
			mine := w.visited.claim(m, actor)
			if others == 0 && !mine {
				return
			}
			if snap = nil; m.live != bit(actor) {
				snap = w.sys.Snapshot()
			}
			if others != 0 {
				w.put(item{m, snap, others}, true)
			}
			if !mine {
				return
			}
		} else {
			if others = w.visited.unclaimed(m, m.live); others != 0 {
				w.put(item{m, w.sys.Snapshot(), others}, false)
			}
			return
		}
		n = m
		if w.look(); w.stopped() {
			return
		}
	}
}

// stuck: actor is blocked in n, so whoever can go on may, at this level.
func (w *worker) stuck(n *node, snap Snapshot, actor int) {
	if w.visited.block(n, actor) {
		w.my.ended++
		w.violated(judgeEnd(w.sys, n.live), n, actor, 0)
		return
	}
	if others := w.visited.unclaimed(n, n.live&^bit(actor)); others != 0 {
		w.put(item{n, snap, others}, false)
	}
}

// edge runs actor for a step and then on while its steps are local. It returns
// the number of steps that did something.
func (w *worker) edge(actor int) (uint32, *Violation) {
	var n uint32
	at, ok := w.sys.Place(actor)
	for ok {
		s := w.sys.Step(actor)
		w.my.steps++
		if w.o.NoReduction {
			w.rec.asks(s)
		} else {
			w.rec.record(place{actor, at}, s)
		}
		if s.Violation != nil {
			return n + 1, s.Violation
		}
		if s.Blocked {
			w.rec.blocked = true
			return n, nil
		}
		n++
		if n == MaxChain || w.o.NoReduction {
			return n, nil
		}
		if at, ok = w.sys.Place(actor); !ok {
			return n, nil
		}
		if _, visible := w.visible[place{actor, at}]; visible {
			return n, nil
		}
	}
	return n, nil
}

// finish judges a new state in which nobody can step.
func (w *worker) finish(n *node) {
	if n.live != 0 {
		return
	}
	w.my.ended++
	if v := w.sys.End(); v != nil {
		w.violated(v, n, 0, 0)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.o.KeepOutcomes {
		w.outcomes[w.sys.EndHash()] = struct{}{}
	}
	if w.o.AtEnd != nil {
		w.o.AtEnd(w.sys)
	}
}

func sorted(set map[uint64]struct{}) []uint64 {
	list := make([]uint64, 0, len(set))
	for h := range set {
		list = append(list, h)
	}
	slices.Sort(list)
	return list
}
