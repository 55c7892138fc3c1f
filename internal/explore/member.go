package explore

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Member makes tasks of a search that somebody else leads.
type Member struct {
	sys     System
	root    Snapshot
	start   Fingerprint // of root
	setting *Setting
	facts   *facts
	visible placeSet
	known   known
	rec     *recorder
	equal   *equality
	covered map[Fingerprint]mask
	state   memberState
}

// MaxCovered bounds the states of which a Member remembers that others have taken
// steps from them. It takes steps again that it does not know of.
const MaxCovered = 8 << 20

// NewMember makes a member that runs sys, which it closes.
func NewMember(sys System) *Member {
	return &Member{sys: sys, root: sys.Snapshot(), start: sys.Hash()}
}

// Close frees what the member holds.
func (m *Member) Close() { m.sys.Close() }

// Round is the round that it is in, or 0.
func (m *Member) Round() int {
	if m.state == idle {
		return 0
	}
	return m.setting.Round
}

// Set begins a round. An error means that the leader's system is another one.
func (m *Member) Set(s *Setting) error {
	m.become(idle)
	m.sys.Restore(m.root)
	if s.Root != m.start {
		return errors.New("it starts in another state than the leader's")
	}
	m.setting, m.covered = s, map[Fingerprint]mask{}
	m.facts = newFacts(nil)
	m.facts.of(m.sys, s.Without)
	scratch, _ := m.sys.(Scratcher)
	if scratch != nil && !s.Without.has(DeadMemory) {
		m.facts.live = newLiveness(scratch, m.sys.Actors())
	}
	if s.Equal {
		m.facts.classes = equalActors(m.sys)
	}
	for _, x := range s.Lessons {
		m.facts.teach(x)
	}
	m.facts.judgeStart(m.sys, m.root)
	if m.facts.sum() != s.Sum {
		return fmt.Errorf("%d lessons teach it something else than the leader", len(s.Lessons))
	}
	m.facts.keepLessons()
	m.visible, m.known, m.rec = m.facts.frozen(), m.facts.known(), newRecorder(m.facts, m.sys)
	m.equal = newEquality(m.sys, m.facts.equal())
	tell([]System{m.sys}, s.Told, m.facts.live, m.facts.equal())
	m.become(inRound)
	return nil
}

// Cover takes in which steps need not be taken.
func (m *Member) Cover(list []Claim) {
	for _, c := range list {
		old, ok := m.covered[c.Hash]
		if ok || len(m.covered) < MaxCovered {
			m.covered[c.Hash] = old | mask(c.Actors)
		}
	}
}

// Do makes a task of the present round; it panics on one of another.
func (m *Member) Do(ctx context.Context, t *Task) *Yield {
	if t.Round != m.Round() {
		panic(fmt.Sprintf("explore: a task of round %d for a member in round %d", t.Round, m.Round()))
	}
	m.become(making)
	defer m.become(inRound)
	r := &round{
		ctx: ctx, facts: m.facts, visible: m.visible, known: m.known, visited: newVisited(m.equal != nil), level: t.Level, judging: t.Judging,
		pause: math.MaxInt, busy: 1, part: &yielding{covered: m.covered, quota: m.setting.Quota},
		outcomes: map[uint64]struct{}{}, violating: map[uint32]struct{}{},
		o: Options{Without: m.setting.Without, KeepOutcomes: m.setting.Ends,
			Bounds: Bounds{Depth: m.setting.Depth, States: math.MaxInt, Memory: math.MaxInt}},
	}
	r.more.L = &r.mu
	w := &worker{round: r, sys: m.sys, coarse: coarse(m.sys), doers: doers(m.sys), root: m.root, rec: m.rec, equal: m.equal, actors: m.sys.Actors()}
	w.hurry()
	defer w.calm()
	y := &Yield{Round: t.Round, ID: t.ID}
	if err := w.load(t); err != nil {
		y.Err = err.Error()
		return y
	}
	w.run()
	r.part.fill(y, r)
	y.Lessons = m.facts.lessons.take()
	return y
}

// load takes the steps to a task's states and puts those to go on from into the
// work. States with several that follow are kept on the way.
func (w *worker) load(t *Task) error {
	children := make([][]int, len(t.States))
	for i := range t.States {
		s := &t.States[i]
		parent := uint32(0)
		if i > 0 {
			if s.Parent < 0 || s.Parent >= i || s.Actor < 0 || s.Actor >= w.actors {
				return fmt.Errorf("state %d of a task has no parent", i)
			}
			children[s.Parent] = append(children[s.Parent], i)
			parent = uint32(s.Parent)
		}
		id, isNew := w.visited.reach(s.Hash, parent, s.Actor, s.Steps, t.Level, mask(s.Live))
		if !isNew {
			return errors.New("a task has one state twice")
		}
		n := w.visited.at(id)
		n.claimed, n.waiting, n.blocked = mask(s.Claimed&^s.Run), mask(s.Waiting), mask(s.Blocked)
	}
	type way struct {
		state int
		from  Snapshot // of its parent; nil: the system is there
	}
	w.sys.Restore(w.root)
	for todo := []way{{state: 0}}; len(todo) > 0; {
		x := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if x.from != nil {
			w.sys.Restore(x.from)
		}
		s := &t.States[x.state]
		if !w.takeSteps(s) {
			return fmt.Errorf("%d steps of actor %d lead elsewhere than the leader's", s.Steps, s.Actor)
		}
		next := children[x.state]
		var here Snapshot
		if s.Run != 0 || len(next) > 1 {
			here = w.sys.Snapshot()
		}
		if s.Run != 0 {
			w.put(item{node: uint32(x.state), snap: here, actors: mask(s.Run), of: w, given: true}, false)
		}
		for _, c := range next {
			todo = append(todo, way{c, here})
		}
	}
	return nil
}

// takeSteps takes the steps to a state from its parent, where the system is.
func (w *worker) takeSteps(s *TaskState) bool {
	for range s.Steps {
		if _, ok := w.sys.Place(s.Actor); !ok {
			return false
		}
		w.sys.Step(s.Actor)
		w.unseen(s.Actor, nil)
	}
	if w.equal != nil && s.Actor >= 0 {
		w.equal.sys.Rename(s.Names)
	}
	return s.Run == 0 || w.sys.Hash() == s.Hash
}

// yielding collects what becomes a Yield.
type yielding struct {
	quota      int
	covered    map[Fingerprint]mask
	edges      []Edge
	violations []Violated
}

// reached notes an edge, and what others have done in a state that is new here.
func (y *yielding) reached(n *node, isNew bool, e Edge) {
	y.edges = append(y.edges, e)
	if isNew {
		n.claimed |= y.covered[n.hash]
	}
}

// violated notes a violation, which is the last, or an end beyond the bound.
func (y *yielding) violated(r *round, v Violated) {
	r.mu.Lock()
	defer r.mu.Unlock()
	y.violations = append(y.violations, v)
	if !r.judging {
		r.found = &Found{Violation: v.Violation}
	}
}

func (y *yielding) full() bool { return len(y.edges) >= y.quota }

// fill makes the yield.
func (y *yielding) fill(to *Yield, r *round) {
	to.Edges, to.Violations, to.Cut = y.edges, y.violations, r.cut
	n := uint32(r.visited.count())
	for id := range n {
		x := r.visited.at(id)
		to.States = append(to.States, YieldState{x.hash, uint32(x.live), uint32(x.blocked)})
	}
	for _, it := range r.now {
		if x := (Rest{it.node, uint32(it.actors)}); it.given {
			to.Undone = append(to.Undone, x)
		} else {
			to.Now = append(to.Now, x)
		}
	}
	for _, it := range r.next {
		to.Next = append(to.Next, Rest{it.node, uint32(it.actors)})
	}
	if r.o.KeepOutcomes {
		to.Ends = sorted(r.outcomes)
	}
}
