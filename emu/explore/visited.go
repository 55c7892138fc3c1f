package explore

import (
	"sync"

	"trapline/emu/sched"
)

// node is a state that was reached: how, and which actors' steps from it were
// taken.
type node struct {
	hash   uint64
	parent *node
	depth  uint64 // steps from the start
	steps  uint32 // by actor, from parent
	actor  int8   // -1: the start
	id     uint32

	live    mask // can step
	claimed mask // somebody runs it, or has
	waiting mask // a later level will run it
	blocked mask // waits for a lock
}

// schedule is the way to n.
func (n *node) schedule() sched.Schedule {
	var way []*node
	for ; n.parent != nil; n = n.parent {
		way = append(way, n)
	}
	var s sched.Schedule
	for i := len(way) - 1; i >= 0; i-- {
		s.Append(int(way[i].actor), uint64(way[i].steps))
	}
	return s
}

const shards = 64

// visited is the set of states reached, by hash.
type visited struct {
	shard [shards]struct {
		sync.Mutex
		nodes map[uint64]*node
	}
	mu   sync.Mutex
	list []*node
}

func newVisited() *visited {
	v := &visited{}
	for i := range v.shard {
		v.shard[i].nodes = map[uint64]*node{}
	}
	return v
}

// reach gives the node of a state, made if it is new.
func (v *visited) reach(hash uint64, parent *node, actor int, steps uint32, live mask) (*node, bool) {
	s := &v.shard[hash%shards]
	s.Lock()
	defer s.Unlock()
	if n := s.nodes[hash]; n != nil {
		return n, false
	}
	n := &node{hash: hash, parent: parent, actor: int8(actor), steps: steps, live: live}
	if parent != nil {
		n.depth = parent.depth + uint64(steps)
	}
	v.mu.Lock()
	n.id = uint32(len(v.list))
	v.list = append(v.list, n)
	v.mu.Unlock()
	s.nodes[hash] = n
	return n, true
}

func (v *visited) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.list)
}

// deepest is the greatest number of steps from the start.
func (v *visited) deepest() (d uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, n := range v.list {
		d = max(d, n.depth)
	}
	return d
}

// claim gives the caller the right to run actor from n, once.
func (v *visited) claim(n *node, actor int) bool {
	s := &v.shard[n.hash%shards]
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
	s := &v.shard[n.hash%shards]
	s.Lock()
	defer s.Unlock()
	want &^= n.claimed | n.waiting
	n.waiting |= want
	return want
}

// unclaimed gives those of want that nobody has run from n.
func (v *visited) unclaimed(n *node, want mask) mask {
	s := &v.shard[n.hash%shards]
	s.Lock()
	defer s.Unlock()
	return want &^ n.claimed
}

// block notes that actor is blocked in n. It reports whether now all are who
// could step: the caller is then the one to judge the state.
func (v *visited) block(n *node, actor int) bool {
	s := &v.shard[n.hash%shards]
	s.Lock()
	defer s.Unlock()
	before := n.blocked
	n.blocked |= bit(actor)
	return n.blocked == n.live && before != n.live
}
