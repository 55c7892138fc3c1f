package explore

import (
	"context"
	"sync"

	"trapline/internal/sched"
)

// pruneSlack is how many steps schedules may have at least once states are told
// apart by clocks.
const pruneSlack = 256

// round is one search with the visible places given.
type round struct {
	ctx     context.Context
	o       Options
	facts   *facts
	visible placeSet
	known   known // when the round began
	clocks  bool  // states are told apart by them
	start   duration
	visited *visited
	level   int // preemptions

	mu       sync.Mutex
	more     sync.Cond
	busy     int
	now      []item // to run at this level
	next     []item // to run with one more preemption
	memory   int
	most     int
	cut      Cut
	err      error // a state was not reached again
	found    *Found
	outcomes map[uint64]struct{}
	ends     map[string]sched.Schedule // by Options.NameEnd
	blocked  bool                      // an actor was, somewhere
	prune    uint64                    // 0, or how many steps a schedule may have: with clocks, loops need not come back
	pruned   bool                      // one had more
	counts

	circles []edgeOf // that may close one, not looked at yet
	circled bool     // there were any
	judged  int      // states there were when livelock last looked

	division *division // its levels are made by a crew; or nil
	part     *yielding // it is a part of one; or nil
	stays    bool      // no snapshot is dropped
	classes  []mask    // of actors that are taken for equal
	broken   bool      // they are not

	judging   bool // see beyond
	pause     int  // states after which to judge again
	states    int  // without those beyond the bound; 0: all
	undecided bool // whether all states within the bound can reach an end
	violating map[uint32]struct{}
}

// counts is what workers add up.
type counts struct {
	steps, taken, merged, ended, remade uint64
}

func newRound(ctx context.Context, o Options, f *facts, start duration) *round {
	classes := f.equal()
	r := &round{ctx: ctx, o: o, facts: f, visible: f.frozen(), known: f.known(), start: start, classes: classes,
		visited: newVisited(classes != nil), outcomes: map[uint64]struct{}{}, ends: map[string]sched.Schedule{}, violating: map[uint32]struct{}{}}
	r.more.L = &r.mu
	return r
}

// tell makes the systems tell of all that was asked for so far; of clocks only
// when everything else is known, since states then seldom come back.
func (r *round) tell(systems []System, clocks bool) {
	r.clocks = clocks
	tell(systems, Asked{Registers: r.known.asked.Registers, Clocks: clocks}, r.facts.live, r.classes)
}

func tell(systems []System, a Asked, l *liveness, classes []mask) {
	for _, s := range systems {
		if t, ok := s.(Teller); ok {
			t.Tell(a)
		}
	}
	if l == nil {
		return
	}
	dead := l.frozen(classes)
	for _, s := range systems {
		s.(Scratcher).LeaveOut(dead)
	}
}

// judgeClocks takes back that a search was exhausted whose code reads a clock,
// unless clocks told its states apart. How often a blocked actor tries again
// moves its clock too, and is not searched; nor are runs in which loops of the
// code's own go round longer than r.prune allows.
func (r *round) judgeClocks(rep *Report, clocks bool) {
	if !r.facts.known().asked.Clocks || rep.Found != nil || clocks && rep.Exhausted && !r.blocked && !r.pruned {
		return
	}
	rep.Exhausted, rep.Clocks, rep.Preemptions, rep.Undecided = false, true, -1, false
	if rep.Cut == CutNone || rep.Cut == CutPreemptions {
		rep.Cut = CutClocks
	}
}

// grew reports whether this round learned of dependences that it did not
// branch for, or of something that it did not tell states apart by. A search
// without reduction branches everywhere.
func (r *round) grew() bool {
	now, then := r.facts.known(), r.known
	if r.o.NoReduction {
		return false
	}
	now.asked.Clocks, then.asked.Clocks = false, false // see search
	return now != then
}

// run searches level by level. What it returns makes schedules that were found
// explicit.
func (r *round) run(systems []System, roots []Snapshot) (explicit func(sched.Schedule) sched.Schedule) {
	workers := make([]*worker, len(systems))
	for i, s := range systems {
		s.Restore(roots[i])
		workers[i] = newWorker(r, s, roots[i], i == 0)
	}
	workers[0].begin()
	for {
		r.work(workers)
		if r.over() || r.grew() {
			break
		}
		if r.free() {
			continue
		}
		n, bounded := r.o.Bounds.Preemptions.Value()
		last := len(r.next) == 0 || bounded && r.level == n
		if !r.o.EveryEnd && r.livelock(last) || len(r.next) == 0 {
			break
		}
		if last {
			r.limited(workers)
			break
		}
		r.level++
		r.now, r.next = r.next, nil
	}
	if r.cut != CutNone && r.cut != CutPreemptions && r.states == 0 && !r.grew() && !r.livelock(true) {
		r.undecided = r.undecidedWithin()
	}
	for _, w := range workers {
		w.calm()
	}
	return workers[0].explicit
}

// limited ends a round at the bound on preemptions.
func (r *round) limited(workers []*worker) {
	r.states = r.visited.count()
	if r.circled && !r.facts.known().asked.Clocks {
		r.beyond(workers)
	}
	if r.cut == CutNone && r.found == nil {
		r.cut = CutPreemptions
	}
}

// work lets the workers run all that is to be run at this level.
func (r *round) work(workers []*worker) {
	if r.division != nil {
		r.division.divide(workers[0])
		return
	}
	var wg sync.WaitGroup
	r.busy = len(workers)
	for _, w := range workers {
		wg.Go(w.run)
	}
	wg.Wait()
	r.bounds()
}

// bounds compares with the bounds on time, states and memory.
func (r *round) bounds() {
	if c := cutOf(r.ctx); c != CutNone {
		r.cutAt(c)
	}
	if r.visited.count() > r.o.Bounds.States {
		r.cutAt(CutStates)
	}
	r.spill()
	if r.needed() > r.o.Bounds.Memory {
		r.cutAt(CutMemory)
	}
}

// needed is how many bytes of memory the search needs.
func (r *round) needed() int {
	n := 0
	if r.o.Needed != nil {
		n = r.o.Needed()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.o.Needed == nil {
		n = r.memory + nodeBytes*r.visited.count()
	}
	r.most = max(r.most, n)
	return n
}

func (r *round) report() *Report {
	s := Summary{
		Exhausted: (r.cut == CutNone || r.cut == CutPreemptions) && r.found == nil && !r.undecided,
		Cut:       r.cut, Preemptions: r.level, Bound: r.o.Bounds.Preemptions, Undecided: r.undecided,
		Schedules: r.merged + r.ended, Executions: r.ended, States: r.visited.count(), Steps: r.steps, Memory: r.most, Remade: r.remade,
	}
	if r.states > 0 {
		s.States = r.states
	}
	if r.found != nil {
		s.Cut, s.Undecided = CutViolation, false
	}
	if !s.Exhausted && r.states == 0 {
		s.Preemptions--
	}
	if r.facts.full() && s.Exhausted {
		s.Exhausted, s.Cut = false, CutFacts
	}
	if s.Exhausted && r.o.NoReduction {
		s.Interleavings = r.interleavings()
	}
	rep := &Report{Summary: s, Found: r.found}
	if r.division != nil && r.division.unjudged != "" {
		rep.Unjudge(r.division.unjudged)
	}
	if r.o.KeepOutcomes {
		rep.Outcomes = sorted(r.outcomes)
	}
	return rep
}

// over is called with the lock held.
func (r *round) over() bool { return r.found != nil || r.broken || r.cut != CutNone || r.err != nil }

func (r *round) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over()
}

// stop is called with the lock held.
func (r *round) stop(c Cut) {
	if r.cut == CutNone {
		r.cut = c
		r.more.Broadcast()
	}
}

func (r *round) cutAt(c Cut) {
	r.mu.Lock()
	r.stop(c)
	r.mu.Unlock()
}

// violated keeps a violation reached by steps of actor from a state.
func (r *round) violated(v *Violation, from uint32, actor int, steps uint32) {
	if r.o.EveryEnd && v.Property == NoDeadlock {
		return
	}
	if r.part != nil {
		r.part.violated(r, Violated{*v, from, actor, steps})
		return
	}
	s, names := r.visited.schedule(from)
	s.Append(names.inverse().Of(actor), uint64(steps))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.judging { // beyond the bound: an end
		r.violating[from] = struct{}{}
		return
	}
	if r.found == nil || sched.Compare(s, r.found.Schedule) < 0 {
		r.found = &Found{Violation: *v, Schedule: s}
	}
	r.more.Broadcast()
}
