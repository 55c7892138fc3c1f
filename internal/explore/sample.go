package explore

import (
	"context"
	"fmt"
	"sync"

	"trapline/internal/sched"
)

// DefaultExecutions is how many executions a random strategy makes at most.
const DefaultExecutions = 10_000

// Sample runs executions that a random strategy chooses (sched.Random,
// sched.PCT) until one violates a property. strategy makes a scheduler for
// each worker; execution n must be the same for all of them. What is found is
// the violation of the lowest n, whatever Options.Jobs is. A sample that finds
// nothing is never exhausted.
func Sample(ctx context.Context, factory func() (System, error), strategy func() (sched.Scheduler, error), executions int, o Options) (*Report, error) {
	o.Bounds = o.Bounds.withDefaults()
	if executions == 0 {
		executions = DefaultExecutions
	}
	s := &sample{ctx: ctx, o: o, total: executions, best: executions, start: elapsed(o), outcomes: map[uint64]struct{}{}}
	var wg sync.WaitGroup
	for range max(o.Jobs, 1) {
		sys, err := factory()
		if err != nil {
			s.fail(fmt.Errorf("%w: %w", ErrSystem, err))
			break
		}
		next, err := strategy()
		if err != nil {
			sys.Close()
			s.fail(err)
			break
		}
		s.grain = grainOf(sys)
		wg.Go(func() {
			defer sys.Close()
			s.work(sys, next)
		})
	}
	wg.Wait()
	return s.report()
}

// sample is a search by executions under way.
type sample struct {
	ctx      context.Context
	o        Options
	total    int
	start    duration
	mu       sync.Mutex
	next     int // execution to run
	best     int // execution that found, or total
	found    *Found
	cut      Cut
	err      error
	done     uint64
	ended    uint64
	unended  uint64
	steps    uint64
	outcomes map[uint64]struct{}
	grain    Grain
}

func (s *sample) fail(err error) {
	s.mu.Lock()
	s.err, s.best = err, 0
	s.mu.Unlock()
}

// take gives the next execution to run, if one is left that matters.
func (s *sample) take() (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := cutOf(s.ctx); c != CutNone && s.cut == CutNone {
		s.cut = c
	}
	if s.cut != CutNone || s.next >= s.best {
		return 0, false
	}
	s.next++
	return s.next - 1, true
}

func (s *sample) work(sys System, next sched.Scheduler) {
	root := sys.Snapshot()
	for {
		n, ok := s.take()
		if !ok || !next.Begin(n) {
			return
		}
		sys.Restore(root)
		out := Run(sys, &untilDone{Scheduler: next, ctx: s.ctx}, s.o.Bounds.Depth)
		if out.stopped() {
			continue // take sees why
		}
		s.add(n, sys, out)
	}
}

// untilDone stops an execution when its context is done.
type untilDone struct {
	sched.Scheduler
	ctx context.Context
	n   uint
}

// askEvery is how many steps pass between two looks at a context.
const askEvery = 1024

// Stopped implements stopper.
func (u *untilDone) Stopped() bool { return u.ctx.Err() != nil }

// Next asks the scheduler.
func (u *untilDone) Next(runnable []int, last int) (int, bool) {
	if u.n++; u.n%askEvery == 0 && u.ctx.Err() != nil {
		return 0, false
	}
	return u.Scheduler.Next(runnable, last)
}

func (s *sample) add(n int, sys System, out Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done++
	s.steps += out.Schedule.Steps()
	switch {
	case out.Violation != nil && n < s.best:
		s.best, s.found = n, &Found{*out.Violation, out.Schedule, out.Endless}
	case out.Violation != nil:
	case out.Cut == CutDepth:
		s.unended++
	case out.Ended:
		s.ended++
		if s.o.KeepOutcomes {
			s.outcomes[sys.EndHash()] = struct{}{}
		}
	}
	if s.o.Progress != nil && s.done%lookEvery == 0 {
		s.o.Progress(Progress{Schedules: s.done, Steps: s.steps, Done: float64(s.done) / float64(s.total), Elapsed: elapsed(s.o) - s.start})
	}
}

func (s *sample) report() (*Report, error) {
	if s.err != nil {
		return nil, s.err
	}
	r := &Report{Found: s.found, Summary: Summary{
		Grain: s.grain, Cut: s.cut, Preemptions: -1, Schedules: s.done, Executions: s.ended, Unended: s.unended, Steps: s.steps, Elapsed: elapsed(s.o) - s.start,
	}}
	switch {
	case s.found != nil:
		r.Cut = CutViolation
	case s.cut == CutNone:
		r.Cut = CutExecutions
	}
	if s.o.KeepOutcomes {
		r.Outcomes = sorted(s.outcomes)
	}
	return r, nil
}
