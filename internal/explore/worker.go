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
