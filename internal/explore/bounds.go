package explore

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Bounds end a search before it has seen everything. 0 is a default where one
// is named, else no bound. Time is bounded by the search's context.
type Bounds struct {
	// Preemptions is how often an actor that could have gone on is left for
	// another one, counted along a schedule. Leaving one that is blocked, done,
	// or going round without any effect is free. (Musuvathi and Qadeer,
	// "Iterative Context Bounding for Systematic Testing of Multithreaded
	// Programs", PLDI 2007.)
	Preemptions Limit
	Depth       uint64 // steps of one schedule; 0: DefaultDepth
	States      int    // distinct states; 0: DefaultStates
	Memory      int    // bytes: see Options.Needed; 0: DefaultMemory
}

// Limit is a bound that may be 0. The zero value is no bound.
type Limit struct {
	bounded bool
	n       int
}

// AtMost is a bound of n, 0 or more.
func AtMost(n int) Limit { return Limit{true, n} }

// Value is the bound, if there is one.
func (l Limit) Value() (n int, bounded bool) { return l.n, l.bounded }

// Defaults of Bounds, and bounds that cannot be set.
const (
	DefaultDepth  = 1 << 20
	DefaultStates = 8 << 20
	DefaultMemory = 2 << 30

	// MaxChain is how many steps that touch nothing shared are taken in one
	// piece.
	MaxChain = 4096
	// MaxFacts bounds what is remembered of who touches what.
	MaxFacts = 4 << 20
)

func (b Bounds) withDefaults() Bounds {
	b.Depth = cmp.Or(b.Depth, DefaultDepth)
	b.States = cmp.Or(b.States, DefaultStates)
	b.Memory = cmp.Or(b.Memory, DefaultMemory)
	return b
}

// Cut names the bound that ended or limited a search.
type Cut string

// Bounds by name.
const (
	CutNone        Cut = ""
	CutPreemptions Cut = "preemptions"
	CutDepth       Cut = "depth"
	CutStates      Cut = "states"
	CutMemory      Cut = "memory"
	CutTime        Cut = "time"
	CutCancelled   Cut = "cancelled"
	CutExecutions  Cut = "executions" // of a random strategy
	CutFacts       Cut = "facts"      // MaxFacts
	CutClocks      Cut = "clocks"     // code reads a clock, which depends on how often loops ran
	CutViolation   Cut = "violation"  // the search stopped at what it found
	CutUnjudged    Cut = "unjudged"   // Summary.Unjudged
)

func cutOf(ctx context.Context) Cut {
	switch err := ctx.Err(); {
	case err == nil:
		return CutNone
	case errors.Is(err, context.DeadlineExceeded):
		return CutTime
	default:
		return CutCancelled
	}
}

// Options are how a search is done.
type Options struct {
	Bounds Bounds
	// Jobs is how many workers search, each with its own System; 0: 1. What
	// is found does not depend on it.
	Jobs int
	// Crew, if set, has the search made by others, but for what needs one process:
	// without reduction, for AtEnd and NameEnd, and where code reads a clock. What is found
	// does not depend on it.
	Crew Crew
	// NoReduction tries every actor at every step.
	NoReduction bool
	// Certify asks for a certificate that what an exhausted search shows holds
	// under x86-TSO too (T1), of a System that tells which steps drain.
	Certify bool
	// Without are reductions that are not made.
	Without Reduction
	// EqualPairs takes equal actors for one another also where there are only two,
	// which halves the states and takes as long.
	EqualPairs bool
	// Progress, if set, is called now and then by one worker.
	Progress func(Progress)
	// Needed, if set, tells how many bytes of memory the process needs. Else they
	// are estimated from the states and snapshots that the search keeps.
	Needed func() int
	// Clock, if set, measures Elapsed.
	Clock func() time.Duration
	// KeepOutcomes collects the hashes of all final states.
	KeepOutcomes bool
	// AtEnd, if set, sees each distinct final state that violates nothing, one
	// at a time. It must not step the system.
	AtEnd func(System)
	// NameEnd, if set, names each distinct final state that violates nothing, one
	// at a time, for Report.Ends. It must not step the system.
	NameEnd func(System) string
	// EveryEnd goes on at deadlocks and livelocks, which are then no
	// violations: the search is for AtEnd.
	EveryEnd bool

	// dependence, for tests, replaces the relation between two accesses.
	dependence func(a, b Access) bool
}

// Progress is how far a search is.
type Progress struct {
	Part        Part
	Preemptions int // being searched
	Schedules   uint64
	States      int
	Steps       uint64
	// Done is the part of the steps known to be needed that is done, 0 to 1.
	// More become known on the way, so it may fall.
	Done    float64
	Elapsed time.Duration
}

// Summary is what a search did.
type Summary struct {
	// Exhausted: every schedule within Bounds.Preemptions was covered.
	Exhausted bool
	Bound     Limit // Bounds.Preemptions
	Grain     Grain // of the last round's steps
	Model     MemoryModel
	// Certificate is there with Options.Certify, if the search was exhausted
	// without a bound.
	Certificate Certificate
	// Unjudged says what could not be judged of the schedules covered, which
	// are then not Exhausted; "": nothing.
	Unjudged string
	// Cut is the bound that was met. With Exhausted it is CutNone or
	// CutPreemptions: there are schedules with more preemptions.
	Cut Cut
	// Clocks: code reads one, so that no number of preemptions is complete.
	Clocks      bool
	Preemptions int    // complete up to this many; -1: none
	Undecided   bool   // complete, but for whether each of these runs can end
	Schedules   uint64 // run to their end or to a state seen before; shared beginnings run once
	Executions  uint64 // among them, those that ended for good
	Unended     uint64 // of a random strategy, executions that Bounds.Depth ended
	States      int    // distinct
	Steps       uint64
	Places      int    // places where another actor's step can matter
	Rounds      int    // searches until those places were all known
	Memory      int    // bytes needed at most, as far as was looked
	Equal       []int  // how many equal actors were taken for one another, by class
	Remade      uint64 // states whose snapshots were dropped to save memory, and made again
	// Interleavings, of an exhausted search with NoReduction, is how many
	// schedules a plain enumeration would run to their end.
	Interleavings float64
	Elapsed       time.Duration
}
