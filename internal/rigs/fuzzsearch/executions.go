package fuzzsearch

import (
	"context"
	"maps"
	"slices"

	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/rigs/enumerate"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// enumerate compares with every interleaving, one by one, neither hashed nor
// reduced, where they are few.
func (t *trial) enumerate() error {
	sys, err := t.pool.get()
	if err != nil {
		return err
	}
	defer sys.Close()
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	steps := t.config.Enumerated
	if t.file.World() == engines.Program {
		steps /= programSteps
	}
	e := enumerate.Run(ctx, &counted{sys, steps, cancel}, 0)
	t.result.Enumerated = e.Complete
	if f := t.reduced.Found; f != nil {
		if e.Complete && e.Violations[f.Violation.Property] == 0 {
			t.differ("enumeration: found", "%s\nenumeration: %v", verdict(t.reduced), e.Violations)
		}
		return nil
	}
	if !t.reduced.Exhausted {
		return nil
	}
	if e.Found != nil {
		t.differ("enumeration: found", "%s\nenumeration: %v, such as %s", verdict(t.reduced), e.Violations,
			e.Found.Format(t.systems.Checksum(), t.systems.Words()...))
	}
	ends := slices.Sorted(maps.Keys(e.Outcomes))
	if e.Complete && !slices.Equal(ends, t.reduced.Outcomes) || !e.Complete && !contained(ends, t.reduced.Outcomes) {
		t.differ("enumeration: final states", "%s", t.sets(ends, t.reduced.Outcomes))
	}
	return nil
}

// programSteps is how many steps of kernel code take the time of one of a
// Linux program.
const programSteps = 5

// counted is a system that cancels a context after some steps.
type counted struct {
	explore.System
	left   int
	cancel func()
}

// Step counts.
func (b *counted) Step(actor int) *explore.Step {
	if b.left--; b.left < 0 {
		b.cancel()
	}
	return b.System.Step(actor)
}

// contained reports whether every value of a is in b.
func contained(a, b []uint64) bool {
	return !slices.ContainsFunc(a, func(h uint64) bool { return !slices.Contains(b, h) })
}

// sample compares with random executions.
func (t *trial) sample() error {
	sys, err := t.pool.get()
	if err != nil {
		return err
	}
	actors, length := sys.Actors(), roundRobin(sys)
	sys.Close()
	for _, x := range []struct {
		name     string
		strategy func() (sched.Scheduler, error)
	}{
		{"random", func() (sched.Scheduler, error) { return &sched.Random{Seed: 1}, nil }},
		{"pct", func() (sched.Scheduler, error) { return sched.NewPCT(1, pctDepth, actors, length) }},
	} {
		o := explore.Options{KeepOutcomes: true, Bounds: explore.Bounds{Depth: maxSampled}}
		r, err := explore.Sample(t.ctx, t.pool.get, x.strategy, t.config.Executions, o)
		if err != nil {
			return err
		}
		t.sampled(x.name, r)
	}
	return nil
}

const (
	pctDepth = 3
	// maxSampled bounds a random execution: with pct, a vCPU may spin alone.
	maxSampled = 3000
)

// roundRobin is how many steps an execution takes in turns.
func roundRobin(sys explore.System) uint64 {
	s := &sched.RoundRobin{Quantum: 1}
	s.Begin(0)
	return max(explore.Run(sys, s, maxSampled).Schedule.Steps(), 1)
}

// sampled compares what random executions showed with what the search did.
func (t *trial) sampled(name string, r *explore.Report) {
	switch {
	case !t.reduced.Exhausted: // it found something, or says that it has not seen everything
	case r.Found != nil:
		t.differ(name+": found", "%s\n%s: %s", verdict(t.reduced), name, verdict(r))
	case !contained(r.Outcomes, t.reduced.Outcomes):
		t.differ(name+": final states", "%s", t.sets(r.Outcomes, t.reduced.Outcomes))
	}
}

// replay runs what was found again: its schedule, what shrinking makes of it,
// and that as the command "run" does. A schedule of a run without end has a turn
// to repeat only once it is shrunk, and not always then.
func (t *trial) replay() error {
	f := t.reduced.Found
	if f == nil {
		return nil
	}
	sys, err := t.pool.get()
	if err != nil {
		return err
	}
	defer sys.Close()
	root := sys.Snapshot()
	small := explore.Shrink(t.ctx, sys, *f, maxDepth)
	for i, found := range []explore.Found{*f, small} {
		if endless(found) {
			continue
		}
		sys.Restore(root)
		out := explore.Run(sys, sched.NewReplay(found.Schedule), maxDepth)
		if out.Violation == nil || out.Violation.Property != f.Violation.Property {
			t.differ("replay: "+[2]string{"found", "shrunk"}[i], "%s\nby %s\nreplayed: %+v", verdict(t.reduced),
				found.Schedule.Format(t.systems.Checksum(), t.systems.Words()...), out.Violation)
		}
	}
	if endless(small) {
		return nil
	}
	return t.run(small)
}

// endless reports whether a schedule alone does not show its violation.
func endless(f explore.Found) bool { return f.Endless && f.Schedule.Turn().Steps() == 0 }

// run follows the schedule as trapline run does.
func (t *trial) run(f explore.Found) error {
	r, err := scenario.Open(t.ctx, t.file, t.systems.Options())
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Follow(t.ctx, sched.NewReplay(f.Schedule), nil); err != nil {
		return err
	}
	for _, v := range r.Violations() {
		if v.Property == f.Violation.Property {
			return nil
		}
	}
	t.differ("replay: run", "%s: %s by %s\nrun: %v", f.Violation.Property, f.Violation.What,
		f.Schedule.Format(t.systems.Checksum(), t.systems.Words()...), r.Violations())
	return nil
}
