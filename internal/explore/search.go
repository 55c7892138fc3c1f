package explore

import (
	"context"
	"errors"
	"fmt"

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

func elapsed(o Options) (d duration) {
	if o.Clock != nil {
		d = o.Clock()
	}
	return d
}
