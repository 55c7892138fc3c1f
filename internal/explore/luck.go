package explore

import (
	"context"
	"fmt"
	"runtime/debug"

	"trapline/internal/sched"
)

// FirstStates is how many states SearchWithLuck looks at before it tries its
// luck.
const FirstStates = 1 << 11

// Bounds of the executions of SearchWithLuck.
const (
	luckSteps      = 1 << 18 // of all of them, about
	luckExecutions = 300
	luckLength     = 100_000 // of one
	luckSeed       = 1
)

// Part is a part of SearchWithLuck.
type Part uint8

// Parts, in order.
const (
	PartAll  Part = iota // every schedule
	PartFew              // every schedule, as far as FirstStates states reach
	PartLuck             // random executions
)

var partNames = [...]string{"every schedule", "the first states", "random executions"}

func (p Part) String() string { return partNames[p] }

// SearchWithLuck is Search that runs a few random executions first, unless
// FirstStates states show all there is or a violation: one that many schedules
// show is then found in moments, however large the system is. Without a bound
// on preemptions, that is: an execution knows of none. What it finds has the
// fewest preemptions there are only if Report.Luck is "". Neither depends on
// Options.Jobs.
func SearchWithLuck(ctx context.Context, factory func() (System, error), o Options) (*Report, error) {
	states := o.Bounds.withDefaults().States
	if _, bounded := o.Bounds.Preemptions.Value(); bounded || states <= FirstStates {
		return Search(ctx, factory, o)
	}
	few := o.during(PartFew)
	few.Jobs, few.Crew = 1, nil // how far a bound on states comes depends on them
	few.Bounds.States = FirstStates
	first, err := Search(ctx, factory, few)
	if err != nil || first.Found != nil || first.States <= FirstStates {
		return first, err
	}
	lucky, err := luck(ctx, factory, o.during(PartLuck))
	if err != nil {
		return first, err
	}
	if lucky.Found == nil && lucky.Cut == CutExecutions {
		debug.FreeOSMemory() // what the first parts leave counts against Bounds.Memory
		return Search(ctx, factory, o)
	}
	r := *first
	r.Found, r.Luck, r.Cut, r.Elapsed = lucky.Found, lucky.Luck, lucky.Cut, elapsed(o)
	if r.Found != nil {
		r.Cut = CutViolation
	}
	r.Schedules += lucky.Schedules
	r.Executions += lucky.Executions
	r.Steps += lucky.Steps
	return &r, nil
}

// during makes progress name a part.
func (o Options) during(p Part) Options {
	if tell := o.Progress; tell != nil {
		o.Progress = func(x Progress) {
			x.Part = p
			tell(x)
		}
	}
	return o
}

// luck runs the portfolio's executions, one after the other.
func luck(ctx context.Context, factory func() (System, error), o Options) (*Report, error) {
	sys, err := factory()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSystem, err)
	}
	actors, length := sys.Actors(), Length(sys, luckLength)
	sys.Close()
	o.Jobs = 1
	o.Bounds.Depth = min(o.Bounds.withDefaults().Depth, 4*length+livelockAfter)
	n := max(len(portfolioDepths), min(luckExecutions, int(luckSteps/length)))
	p := &portfolio{}
	for _, depth := range portfolioDepths {
		if depth == 0 {
			p.members = append(p.members, &sched.Random{Seed: luckSeed})
			continue
		}
		m, err := sched.NewPCT(luckSeed, depth, actors, length)
		if err != nil {
			return nil, err
		}
		p.members = append(p.members, m)
	}
	r, err := Sample(ctx, factory, func() (sched.Scheduler, error) { return p, nil }, n, o)
	if err == nil && r.Found != nil {
		r.Luck = p.name()
	}
	return r, err
}

// portfolioDepths are the members of the portfolio: depths of PCT, or 0 for a
// fair choice at every step.
var portfolioDepths = [...]int{0, 2, 3}

// portfolio is several random schedulers that take turns.
type portfolio struct {
	members []sched.Scheduler
	n       int // present execution
}

// Begin begins execution n.
func (p *portfolio) Begin(n int) bool {
	p.n = n
	return p.members[n%len(p.members)].Begin(n / len(p.members))
}

// Next asks the member whose turn it is.
func (p *portfolio) Next(runnable []int, last int) (int, bool) {
	return p.members[p.n%len(p.members)].Next(runnable, last)
}

// name says which execution is the present one.
func (p *portfolio) name() string {
	i, n := p.n%len(p.members), p.n/len(p.members)
	if d := portfolioDepths[i]; d > 0 {
		return fmt.Sprintf("pct, depth %d, seed %d, execution %d", d, luckSeed, n+1)
	}
	return fmt.Sprintf("random, seed %d, execution %d", luckSeed, n+1)
}

// Length is how many steps an execution of sys takes, as the probability of
// sched.PCT needs it: those of round robin, and half as many again. most bounds
// those of round robin.
func Length(sys System, most uint64) uint64 {
	rr := &sched.RoundRobin{Quantum: 1}
	rr.Begin(0)
	n := Run(sys, rr, most).Schedule.Steps()
	return n + n/2 + 1
}
