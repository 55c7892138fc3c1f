package explore

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// division is a round whose levels others make, by tasks. The leader has the
// states and decides what is to be done; that a task is lost, made twice, or
// handed in late changes nothing, since each step from a state counts once.
type division struct {
	*round
	crew    Crew
	setting *Setting
	own     *worker // judges deadlocks
	part    *Member // makes what nobody hands in; or nil
	out     map[int]*Task
	last    int // task
	said    []Claim

	unjudged string // see Summary.Unjudged
}

// errClocks ends a division, and a round that drops snapshots: where code reads a
// clock that states are not told apart by, only the worker that made a state can go on from it.
var errClocks = errors.New("code reads a clock")

// divides makes the round be made by a crew. It is called when the round begins.
func (r *round) divides(number int, root Fingerprint) error {
	r.division = &division{round: r, crew: r.o.Crew, out: map[int]*Task{}, setting: &Setting{
		Round: number, Root: root, Lessons: r.facts.lessons.all(), Sum: r.facts.sum(), Told: Asked{Registers: r.known.asked.Registers},
		Without: r.o.Without, Equal: r.classes != nil, Depth: r.o.Bounds.Depth, Ends: r.o.KeepOutcomes, Quota: taskQuota,
	}}
	return r.o.Crew.Begin(r.ctx, r.division.setting)
}

// Bounds of what is handed out.
const (
	taskQuota = 1 << 11 // edges of a task
	maxItems  = 512     // of a task
	minTasks  = 4       // that are out
	patience  = 4       // moments without a yield until the leader makes a task itself
)

// divide is work by a crew.
func (d *division) divide(own *worker) {
	d.own = own
	own.flush() // of its beginning

	idle := 0
	for !d.stopped() && !d.unequals() {
		if err := d.handOut(); err != nil {
			d.fail(err)
			break
		}
		if len(d.out) == 0 {
			break
		}
		y, err := d.crew.Next(d.ctx)
		if idle++; err == nil && y == nil && idle >= patience {
			y, err = d.make()
		}
		switch {
		case err != nil:
			if cutOf(d.ctx) == CutNone {
				d.fail(err)
			}
		case y != nil:
			idle = 0
			d.take(y)
		}
		if d.facts.known().asked.Clocks {
			d.fail(errClocks)
		}
		d.bounds()
		d.progress()
	}
	clear(d.out)
}

// unequals reports whether actors that were taken for equal have turned out not to
// be.
func (d *division) unequals() bool {
	if d.classes != nil && d.facts.known().differ {
		d.mu.Lock()
		d.broken = true
		d.mu.Unlock()
	}
	return d.broken
}

func (d *division) fail(err error) {
	d.mu.Lock()
	d.err = err
	d.mu.Unlock()
}

// whole reports whether the steps of every actor from every state were taken, as
// they were when a round without a bound is over.
func (r *round) whole() bool {
	for id := range uint32(r.visited.count()) {
		if !r.visited.closed(id) {
			return false
		}
	}
	return true
}

// paused: enough states are there to judge.
func (d *division) paused() bool { return d.judging && d.visited.count() >= d.pause }

// handOut keeps the crew busy.
func (d *division) handOut() error {
	most := max(minTasks, 2*d.crew.Workers()+1)
	for len(d.out) < most && len(d.now) > 0 && !d.paused() {
		n := min(max(len(d.now)/most, 1), maxItems, len(d.now))
		items := d.now[len(d.now)-n:]
		d.now = d.now[:len(d.now)-n]
		t := d.task(items)
		if t == nil {
			continue
		}
		d.out[t.ID] = t
		if err := d.crew.Put(d.ctx, t); err != nil {
			return err
		}
	}
	if len(d.said) == 0 {
		return nil
	}
	list := d.said
	d.said = nil
	return d.crew.Tell(d.ctx, list)
}

// task makes a task of items that still have something to run; nil: none has.
func (d *division) task(items []item) *Task {
	t := &Task{Round: d.setting.Round, Level: d.level, Judging: d.judging}
	at := map[uint32]int{}
	var way []uint32
	for _, it := range items {
		var run mask
		for a := range d.own.actors {
			if it.actors.has(a) && d.claim(it.node, a) {
				run |= bit(a)
			}
		}
		if run == 0 {
			continue
		}
		way = way[:0]
		for id := it.node; ; id = d.visited.at(id).parent {
			if _, there := at[id]; there {
				break
			}
			if way = append(way, id); d.visited.at(id).actor < 0 {
				break
			}
		}
		for _, id := range slices.Backward(way) {
			n := d.visited.at(id)
			at[id] = len(t.States)
			t.States = append(t.States, TaskState{Parent: at[n.parent], Actor: int(n.actor), Steps: n.steps, Hash: n.hash,
				Names: d.visited.leads(id), Live: uint32(n.live), Claimed: uint32(n.claimed), Waiting: uint32(n.waiting), Blocked: uint32(n.blocked)})
		}
		t.States[at[it.node]].Run |= uint32(run)
	}
	if len(t.States) == 0 {
		return nil
	}
	d.last++
	t.ID = d.last
	return t
}

// claim claims a step from a state, and lets the crew know.
func (d *division) claim(id uint32, actor int) bool {
	n := d.visited.at(id)
	if !d.visited.claim(n, actor) {
		return false
	}
	d.said = append(d.said, Claim{n.hash, uint32(bit(actor))})
	return true
}

// make makes the oldest task that is out.
func (d *division) make() (*Yield, error) {
	oldest := slices.Min(slices.Collect(maps.Keys(d.out)))
	if d.part == nil {
		d.part = &Member{sys: d.own.sys, root: d.own.root, start: d.setting.Root}
	}
	if d.part.Round() != d.setting.Round {
		if err := d.part.Set(d.setting); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSystem, err)
		}
	}
	return d.part.Do(d.ctx, d.out[oldest]), nil
}

// take takes a yield in. One of an earlier round teaches all the same.
func (d *division) take(y *Yield) {
	for _, x := range y.Lessons {
		d.facts.teach(x)
	}
	if y.Round != d.setting.Round {
		return
	}
	if y.Err != "" {
		d.fail(fmt.Errorf("%w: a worker's: %s", ErrSystem, y.Err))
		return
	}
	delete(d.out, y.ID)
	if y.Unjudged != "" {
		d.unjudged = y.Unjudged
	}
	if err := d.merge(y); err != nil {
		d.fail(err)
	}
}

// merge adds what was reached.
func (d *division) merge(y *Yield) error {
	m := merging{d, y, make([]uint32, len(y.States)), make([]bool, len(y.States))}
	for i := range y.Edges {
		if err := m.edge(&y.Edges[i]); err != nil {
			return err
		}
	}
	for i := range y.States {
		if err := m.block(uint32(i), mask(y.States[i].Blocked)); err != nil {
			return err
		}
	}
	for _, x := range y.Undone {
		if err := m.undone(x); err != nil {
			return err
		}
	}
	for _, x := range y.Now {
		id, err := m.id(x.State)
		if err != nil {
			return err
		}
		if others := d.visited.unclaimed(d.visited.at(id), mask(x.Actors)); others != 0 {
			d.now = append(d.now, item{node: id, actors: others})
		}
	}
	for _, x := range y.Next {
		id, err := m.id(x.State)
		if err != nil {
			return err
		}
		if others := d.visited.wait(d.visited.at(id), mask(x.Actors)); others != 0 {
			d.next = append(d.next, item{node: id, actors: others})
		}
	}
	for _, h := range y.Ends {
		d.outcomes[h] = struct{}{}
	}
	if y.Cut != CutNone {
		d.cutAt(y.Cut)
	}
	return m.violations()
}

// merging is a yield being merged.
type merging struct {
	*division
	y     *Yield
	ids   []uint32 // of its states
	known []bool
}

var errYield = fmt.Errorf("%w: a worker's result does not fit what was asked for", ErrSystem)

// id is the node of a state that a yield goes on from.
func (m *merging) id(i uint32) (uint32, error) {
	if int(i) >= len(m.ids) {
		return 0, errYield
	}
	if !m.known[i] {
		if m.ids[i], m.known[i] = m.visited.find(m.y.States[i].Hash); !m.known[i] {
			return 0, errYield
		}
	}
	return m.ids[i], nil
}

// edge adds steps from a state, once.
func (m *merging) edge(e *Edge) error {
	from, err := m.id(e.From)
	if err != nil {
		return err
	}
	actor := int(e.Actor)
	if int(e.To) >= len(m.ids) || actor < 0 || !m.visited.at(from).live.has(actor) {
		return errYield
	}
	s := &m.y.States[e.To]
	to, isNew := m.visited.reach(s.Hash, from, actor, e.Steps, m.level, mask(s.Live))
	m.ids[e.To], m.known[e.To] = to, true
	if isNew && s.Live == 0 {
		m.ended++
	}
	m.claim(from, actor)
	if _, again := m.visited.follow(from, actor); again {
		return nil
	}
	if m.visited.lead(from, actor, to, e.Names) {
		m.circles, m.circled = append(m.circles, edgeOf{from, e.Actor}), true
	}
	m.taken++
	m.steps += uint64(e.Steps)
	if !isNew {
		m.merged++
	}
	return nil
}

// block notes which actors are blocked in a state. Tasks know of each other's
// only here, so the leader judges a state in which all are.
func (m *merging) block(i uint32, actors mask) error {
	if actors == 0 {
		return nil
	}
	id, err := m.id(i)
	if err != nil {
		return err
	}
	n := m.visited.at(id)
	for a := range m.own.actors {
		if !actors.has(a) {
			continue
		}
		m.claim(id, a)
		if !m.visited.block(n, a) {
			continue
		}
		if !m.own.retake(id) {
			return errYield
		}
		m.ended++
		m.violated(judgeEnd(m.own.sys, n.live), id, a, 0)
	}
	return nil
}

// undone puts back what was handed out and not begun.
func (m *merging) undone(x Rest) error {
	id, err := m.id(x.State)
	if err != nil {
		return err
	}
	n := m.visited.at(id)
	var again mask
	for a := range m.own.actors {
		if _, done := m.visited.follow(id, a); mask(x.Actors).has(a) && n.live.has(a) && !n.blocked.has(a) && !done {
			again |= bit(a)
		}
	}
	n.claimed &^= again
	if again != 0 {
		m.now = append(m.now, item{node: id, actors: again})
	}
	return nil
}

func (m *merging) violations() error {
	for i := range m.y.Violations {
		v := &m.y.Violations[i]
		id, err := m.id(v.State)
		if err != nil {
			return err
		}
		m.ended++
		m.violated(&v.Violation, id, v.Actor, v.Steps)
	}
	return nil
}
