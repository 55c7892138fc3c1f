package explore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"trapline/internal/sched"
)

// Found is a violation and a schedule that shows it.
type Found struct {
	Violation Violation
	Schedule  sched.Schedule
	// Endless: behind the schedule the run can only go on for ever. Shrink
	// gives the schedule a turn that it repeats.
	Endless bool
}

// Report is the result of a search.
type Report struct {
	Summary
	Found    *Found   // nil: nothing was found
	Outcomes []uint64 // Options.KeepOutcomes: hashes of final states, ascending
	// Ends has the least schedule to a final state of each name: Options.NameEnd.
	Ends map[string]sched.Schedule
	Luck string // the random execution that found it, or "": see SearchWithLuck
}

// ErrSystem is the class of errors of making a system.
var ErrSystem = errors.New("cannot make the system to search")

// Search covers all schedules of the system that factory makes, by number of
// preemptions, and stops at the first that violates a property, which then has
// the fewest preemptions there are. The schedule is not shrunk yet.
//
// It goes by rounds. A round takes the visible places (see facts) as given and
// branches only there; if the facts grew on the way, it is done again. In the
// last round every place where an actor went on unasked touched only what no
// other actor touches dependently in any state that was reached, which makes
// going on unasked a persistent set (Godefroid, "Partial-Order Methods for the
// Verification of Concurrent Systems", 1996): every final state and every
// violation of a property that is judged by steps is reached.
func Search(ctx context.Context, factory func() (System, error), o Options) (*Report, error) {
	o.Bounds = o.Bounds.withDefaults()
	o.Jobs = max(o.Jobs, 1)
	if o.NoReduction || o.EveryEnd || o.AtEnd != nil || o.NameEnd != nil {
		o.Crew = nil
	}
	jobs := o.Jobs
	if o.Crew != nil {
		o.Jobs = 1
	}
	r, err := search(ctx, factory, o)
	if errors.Is(err, errClocks) {
		o.Crew, o.Jobs = nil, jobs
		r, err = search(ctx, factory, o)
	}
	if err != nil || r.Found == nil || o.Jobs == 1 && o.Crew == nil {
		return r, err
	}
	// Who found it first among several workers is chance: one finds it again.
	o.Jobs, o.Crew = 1, nil
	again, err := search(ctx, factory, o)
	if err != nil || again.Found == nil {
		return r, err
	}
	again.Elapsed = r.Elapsed + again.Elapsed
	return again, nil
}

func search(ctx context.Context, factory func() (System, error), o Options) (*Report, error) {
	systems := make([]System, 0, o.Jobs)
	defer func() {
		for _, s := range systems {
			s.Close()
		}
	}()
	for range o.Jobs {
		s, err := factory()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSystem, err)
		}
		systems = append(systems, s)
		if n := s.Actors(); n < 1 || n > maxActors {
			return nil, fmt.Errorf("%w: %d actors, expected 1 to %d", ErrSystem, n, maxActors)
		}
	}
	start := elapsed(o)
	roots := make([]Snapshot, len(systems))
	for i, s := range systems {
		roots[i] = s.Snapshot()
	}
	f := newFacts(o.dependence)
	f.of(systems[0], o.Without)
	o.Certify = o.Certify && o.Crew == nil // members do not tell what is owed where
	f.certifies = o.Certify
	if s, ok := systems[0].(Scratcher); ok && !o.NoReduction && !o.Without.has(DeadMemory) {
		f.live = newLiveness(s, systems[0].Actors())
	}
	root := systems[0].Hash()
	if !o.NoReduction && !o.EveryEnd && o.AtEnd == nil && o.NameEnd == nil && !o.Without.has(EqualActors) {
		if f.classes = equalActors(systems[0]); !o.EqualPairs && onlyPairs(f.classes) {
			f.classes = nil
		}
	}
	if o.Crew != nil {
		f.keepLessons()
	}
	if !o.NoReduction {
		warmUp(ctx, systems[0], roots[0], f, o.Bounds.Depth)
	}
	f.judgeStart(systems[0], roots[0])
	var best *Found
	clocks, stays := false, false // clocks: states are told apart by them
	var deepest uint64
	for n := 1; ; n++ {
		r := newRound(ctx, o, f, start)
		if clocks {
			r.prune = 2*deepest + pruneSlack
		}
		r.stays = stays
		r.tell(systems, clocks)
		if o.Crew != nil {
			if err := r.divides(n, root); err != nil {
				return nil, err
			}
		}
		explicit := r.run(systems, roots)
		if errors.Is(r.err, errClocks) && o.Crew == nil {
			stays = true
			continue
		}
		if r.err != nil {
			return nil, r.err
		}
		if r.division != nil && r.cut == CutNone && r.found == nil && !r.grew() && !r.whole() {
			return nil, fmt.Errorf("%w: a part of the search was lost", ErrSystem)
		}
		rep := r.report()
		if rep.Found != nil {
			rep.Found.Schedule = explicit(rep.Found.Schedule)
		}
		for name, s := range r.ends {
			r.ends[name] = explicit(s)
		}
		rep.Ends = r.ends
		rep.Rounds, rep.Places, rep.Grain = n, r.visible.n, grainOf(systems[0])
		for _, class := range r.classes {
			rep.Equal = append(rep.Equal, len(class.list()))
		}
		if r.broken || rep.Found != nil && !r.retell(systems[0], roots[0], rep.Found) {
			f.unequal()
			rep.Found = nil
		}
		rep.Elapsed = elapsed(o) - start
		stopped := rep.Cut == CutTime || rep.Cut == CutCancelled
		again := r.grew()
		if !again && !stopped && rep.Found == nil && f.known().asked.Clocks && !clocks {
			again, clocks, deepest = true, true, r.visited.deepest()
		}
		if !again || stopped {
			if rep.Found == nil && best != nil { // of a round that had to be done again
				rep.Found, rep.Exhausted = best, false
			}
			r.judgeClocks(rep, clocks)
			if o.Certify && rep.Exhausted && rep.Cut == CutNone {
				rep.Certificate = f.certify()
			}
			return rep, nil
		}
		if rep.Found != nil {
			best = rep.Found
		}
	}
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

func elapsed(o Options) (d duration) {
	if o.Clock != nil {
		d = o.Clock()
	}
	return d
}

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
