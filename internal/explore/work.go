package explore

// item is a state with actors to run from it.
type item struct {
	node   uint32
	snap   Snapshot // nil: it is made again by its steps
	actors mask
	of     *worker // whose system made snap
	alone  bool    // nobody else can go on from it
	given  bool    // it came with the task of a member
}

// take waits for work of w at this level. False: there is none left, or the
// search is over.
func (r *round) take(w *worker) (item, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy--
	for {
		if r.over() || r.part != nil && r.part.full() || r.judging && r.visited.count() >= r.pause {
			r.more.Broadcast()
			return item{}, false
		}
		if i, n := r.choose(w), len(r.now); i >= 0 {
			it := r.now[i]
			r.now[i] = r.now[n-1]
			r.now[n-1] = item{}
			r.now = r.now[:n-1]
			r.busy++
			return it, true
		}
		if r.busy == 0 && len(r.now) == 0 {
			r.more.Broadcast()
			return item{}, false
		}
		r.more.Wait()
	}
}

// choose picks what w does next: the newest work or, if snapshots are kept,
// the newest of its own, else the oldest, from which most is likely to follow.
// -1: there is nothing for w.
func (r *round) choose(w *worker) int {
	n := len(r.now)
	if !w.keeps {
		return n - 1
	}
	for i := n - 1; i >= max(0, n-lookBack); i-- {
		if r.now[i].of == w {
			return i
		}
	}
	for i := range r.now {
		if !r.now[i].alone || r.now[i].of == w {
			return i
		}
	}
	return -1
}

// lookBack is how many items a worker looks through for one of its own.
const lookBack = 256

// put adds work, at this level or for the next one.
func (r *round) put(it item, later bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memory += it.snap.Bytes()
	if later && !r.judging {
		r.next = append(r.next, it)
		return
	}
	r.now = append(r.now, it)
	r.more.Signal()
}

// giveBack lets the worker that made an item go on from it, and nobody else.
func (r *round) giveBack(it item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	it.alone = true
	r.now = append(r.now, it)
	r.more.Broadcast()
}

func (r *round) drop(it item) {
	if it.snap == nil {
		return
	}
	r.mu.Lock()
	r.memory -= it.snap.Bytes()
	r.mu.Unlock()
}

// snapshotShare is the part of the bound on memory that snapshots may take: they
// are made of what the collector cannot free, beside as much that it has not yet.
const snapshotShare = 0.2

// spill drops the snapshots of what waits, the oldest first, if they take too
// much memory: their states are made again by the steps that lead there. Where
// code reads a clock, a state that comes again by other steps may be another one.
func (r *round) spill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := int(snapshotShare * float64(r.o.Bounds.Memory))
	if r.memory <= most || r.stays || r.part != nil {
		return
	}
	for _, list := range [][]item{r.next, r.now} {
		for i := range list {
			if r.memory <= most/2 {
				return
			}
			if it := &list[i]; it.snap != nil && !it.alone {
				r.memory -= it.snap.Bytes()
				it.snap = nil
			}
		}
	}
}
