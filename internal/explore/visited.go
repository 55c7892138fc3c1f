package explore

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"trapline/internal/sched"
)

// node is a state that was reached: how, and where the actors' steps from it
// lead. There may be many millions, so that it has no pointers.
type node struct {
	hash   Fingerprint
	parent uint32 // id; the start has none
	steps  uint32 // by actor, from parent
	depth  uint32 // steps from the start
	first  uint32 // its edges in visited.edges

	live     mask // can step
	claimed  mask // somebody runs it, or has
	waiting  mask // a later level will run it
	blocked  mask // waits for a lock
	spinning mask // comes back here by its own steps alone: see spins
	level    uint16
	actor    int8 // -1: the start
}

// nodeBytes is about how much memory a state takes that nobody waits in: its
// node, its place in the table, which is half full or more but for moments, and
// an edge or two.
const nodeBytes = 56 + 8 + 8

const (
	shards = 64
	// chunk is how many nodes, or edges, are allocated at a time.
	chunk = 1 << 10
)

// visited is the set of states reached, by hash. A node's masks and edges are
// guarded by its shard's lock.
type visited struct {
	shard [shards]struct {
		sync.Mutex
		ids idTable
	}
	mu      sync.Mutex // of what follows
	nodes   table[node]
	edges   table[uint32]   // an id plus one, or 0: none yet
	names   table[Renaming] // by which each edge leads there, if actors are renamed
	renames bool
	n       atomic.Uint32
	used    uint32 // edges
}

// table is an array that grows without moving.
type table[T any] struct{ chunks atomic.Pointer[[]*[chunk]T] }

func (t *table[T]) at(i uint32) *T { return &(*t.chunks.Load())[i/chunk][i%chunk] }

// reserve makes room for element i. It is called by one goroutine at a time.
func (t *table[T]) reserve(i uint32) {
	var list []*[chunk]T
	if p := t.chunks.Load(); p != nil {
		list = *p
	}
	if int(i/chunk) < len(list) {
		return
	}
	list = append(list[:len(list):len(list)], new([chunk]T))
	t.chunks.Store(&list)
}

func newVisited(renames bool) *visited {
	v := &visited{renames: renames}
	return v
}

func (v *visited) at(id uint32) *node { return v.nodes.at(id) }

// add makes the node of a state that is known to be new.
func (v *visited) add(n node) uint32 {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := v.n.Load()
	n.first = v.used
	k := uint32(bits.OnesCount32(uint32(n.live)))
	if k > 0 {
		if n.first%chunk+k > chunk {
			n.first += chunk - n.first%chunk // all in one piece
		}
		v.edges.reserve(n.first)
		if v.renames {
			v.names.reserve(n.first)
		}
		v.used = n.first + k
	}
	v.nodes.reserve(id)
	*v.nodes.at(id) = n
	v.n.Store(id + 1)
	return id
}

// reach gives the node of a state, made if it is new.
func (v *visited) reach(hash Fingerprint, parent uint32, actor int, steps uint32, level int, live mask) (id uint32, isNew bool) {
	s := &v.shard[hash[0]%shards]
	s.Lock()
	defer s.Unlock()
	if id, ok := s.ids.find(v, hash); ok {
		return id, false
	}
	n := node{hash: hash, parent: parent, actor: int8(actor), steps: steps, live: live, level: uint16(min(level, 1<<16-1))}
	if actor >= 0 {
		n.depth = v.at(parent).depth + steps
	}
	id = v.add(n)
	s.ids.add(v, hash, id)
	return id, true
}

// find gives the node of a state, if it was reached.
func (v *visited) find(hash Fingerprint) (uint32, bool) {
	s := &v.shard[hash[0]%shards]
	s.Lock()
	defer s.Unlock()
	return s.ids.find(v, hash)
}

// idTable finds nodes by their hashes: open addressing with linear probing, at
// most three quarters full. Ids are kept plus one; the nodes have the hashes.
type idTable struct {
	slots []uint32
	n     int
}

// slot is where the node of a hash is, or the empty place for it.
func (t *idTable) slot(v *visited, hash Fingerprint) *uint32 {
	last := uint64(len(t.slots) - 1)
	for i := hash[0] / shards; ; i++ {
		if s := &t.slots[i&last]; *s == 0 || v.at(*s-1).hash == hash {
			return s
		}
	}
}

func (t *idTable) find(v *visited, hash Fingerprint) (uint32, bool) {
	if t.n == 0 {
		return 0, false
	}
	s := *t.slot(v, hash)
	return s - 1, s != 0
}

// add adds a node that is not there.
func (t *idTable) add(v *visited, hash Fingerprint, id uint32) {
	if 4*(t.n+1) > 3*len(t.slots) {
		old := t.slots
		t.slots = make([]uint32, max(16, 2*len(old)))
		for _, s := range old {
			if s != 0 {
				*t.slot(v, v.at(s-1).hash) = s
			}
		}
	}
	*t.slot(v, hash) = id + 1
	t.n++
}

// slot is where actor's edge from n is kept.
func (v *visited) slot(n *node, actor int) uint32 {
	return n.first + uint32(bits.OnesCount32(uint32(n.live&(bit(actor)-1))))
}

// lead notes that actor's steps lead from one state to another, in which actors
// have other numbers. It reports whether that may close a circle.
func (v *visited) lead(from uint32, actor int, to uint32, r Renaming) bool {
	n := v.at(from)
	s := &v.shard[n.hash[0]%shards]
	s.Lock()
	i := v.slot(n, actor)
	*v.edges.at(i) = to + 1
	if v.renames {
		*v.names.at(i) = r
	}
	s.Unlock()
	return v.at(to).depth <= n.depth
}

// follow gives the state to which actor's steps lead from another one, if they
// were taken.
func (v *visited) follow(from uint32, actor int) (uint32, bool) {
	n := v.at(from)
	if !n.live.has(actor) {
		return 0, false
	}
	to := *v.edges.at(v.slot(n, actor))
	return to - 1, to != 0
}

// naming is by which numbers actor's edge from a state leads on.
func (v *visited) naming(from uint32, actor int) Renaming {
	if !v.renames {
		return unchanged
	}
	return *v.names.at(v.slot(v.at(from), actor))
}

// leads is by which numbers the way leads to a state.
func (v *visited) leads(id uint32) Renaming {
	n := v.at(id)
	if n.actor < 0 {
		return unchanged
	}
	return v.naming(n.parent, int(n.actor))
}

// schedule is a way to a state, by the numbers that actors have where the search
// starts, and what numbers they have there.
func (v *visited) schedule(id uint32) (sched.Schedule, Renaming) {
	var way []*node
	for n := v.at(id); n.actor >= 0; n = v.at(n.parent) {
		way = append(way, n)
	}
	var s sched.Schedule
	r := unchanged
	for i := len(way) - 1; i >= 0; i-- {
		n := way[i]
		s.Append(r.inverse().Of(int(n.actor)), uint64(n.steps))
		r = r.then(v.naming(n.parent, int(n.actor)))
	}
	return s, r
}

func (v *visited) count() int { return int(v.n.Load()) }

// deepest is the greatest number of steps from the start.
func (v *visited) deepest() (d uint64) {
	for id := range v.n.Load() {
		d = max(d, uint64(v.at(id).depth))
	}
	return d
}

// claim gives the caller the right to run actor from n, once.
func (v *visited) claim(n *node, actor int) bool {
	s := &v.shard[n.hash[0]%shards]
	s.Lock()
	defer s.Unlock()
	if n.claimed.has(actor) {
		return false
	}
	n.claimed |= bit(actor)
	return true
}

// wait notes that a later level will run those of want that nobody runs or
// waits for yet, and gives them.
func (v *visited) wait(n *node, want mask) mask {
	s := &v.shard[n.hash[0]%shards]
	s.Lock()
	defer s.Unlock()
	want &^= n.claimed | n.waiting
	n.waiting |= want
	return want
}

// unclaimed gives those of want that nobody has run from n.
func (v *visited) unclaimed(n *node, want mask) mask {
	s := &v.shard[n.hash[0]%shards]
	s.Lock()
	defer s.Unlock()
	return want &^ n.claimed
}

// block notes that actor is blocked in n. It reports whether now all are who
// could step: the caller is then the one to judge the state.
func (v *visited) block(n *node, actor int) bool {
	s := &v.shard[n.hash[0]%shards]
	s.Lock()
	defer s.Unlock()
	before := n.blocked
	n.blocked |= bit(actor)
	return n.blocked == n.live && before != n.live
}
