package scenarios

import (
	"context"
	"time"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// Strategy is how a search chooses schedules.
type Strategy string

// The strategies.
const (
	DFS    Strategy = Strategy(scenario.DFS)    // every schedule, by number of preemptions
	PCT    Strategy = Strategy(scenario.PCT)    // random priorities
	Random Strategy = Strategy(scenario.Random) // at each step anybody who can go on
)

// Limit is a bound that may be 0. The zero value is no bound.
type Limit struct{ limit explore.Limit }

// AtMost is a bound of n, 0 or more.
func AtMost(n int) Limit { return Limit{explore.AtMost(n)} }

// Search says how the schedules of a scenario are searched. The zero value
// covers every schedule under the file's own engine, with one worker. What it
// finds does not depend on the number of workers.
type Search struct {
	Engine      string   // instead of the file's; "" keeps it
	KernelText  bool     // the instructions of the kernel's text too: finer steps, many more of them
	Lines       bool     // with KernelText: a line of the kernel's C is one step
	Strategy    Strategy // "" is DFS
	Preemptions Limit    // DFS: of one schedule
	Depth       int      // PCT: ordering constraints, at least 1; 0: 3
	Seed        uint64   // of PCT and Random
	Executions  int      // of PCT and Random, at most; 0: 10,000

	Jobs   int           // workers; 0: one
	Time   time.Duration // at most; 0: no bound but the context's
	States int           // at most; 0: 8,388,608
	Memory int           // of the states, at most, in bytes; 0: 2 GiB
}

// inner is s for the search itself.
func (s Search) inner() scenario.Search {
	x := scenario.Search{
		Engine: s.Engine, KernelText: s.KernelText, Strategy: scenario.Strategy(s.Strategy), Depth: s.Depth, Seed: s.Seed,
		Executions: s.Executions, Time: s.Time,
		Options: explore.Options{Jobs: s.Jobs, Bounds: explore.Bounds{Preemptions: s.Preemptions.limit, States: s.States, Memory: s.Memory}},
	}
	if s.Lines {
		x.Grain = explore.WholeLines
	}
	return x
}

// Searched is what a search has shown.
type Searched struct {
	Engine string
	// Exhausted: every schedule within the bound on preemptions was covered, and
	// none violates anything.
	Exhausted bool
	// Verdict says so in a line, or what ended the search; and under which bounds
	// and memory model.
	Verdict string
	// KernelText is why the instructions of the kernel's text were searched
	// though Search did not ask for them, or "".
	KernelText string
	// HoldsUnderTSO: what an exhausted search of sequentially consistent memory shows
	// holds on x86-TSO too (row T1). TSO says so, or why that is not known; "": the
	// search cannot tell, because it is not exhausted, has store buffers, or Go code judges.
	HoldsUnderTSO bool
	TSO           string
	// Found is the violation that was found, shrunk to the fewest switches; nil:
	// none was.
	Found *Found
	// Schedules were tried, States told apart, Steps taken.
	Schedules uint64
	States    int
	Steps     uint64
}

// Found is a violation with a schedule that shows it.
type Found struct {
	Violation
	// Violations are all that the run of Schedule shows.
	Violations []Violation
	// Schedule is for Options.Schedule, trapline run --schedule, and the member
	// schedule of the file.
	Schedule string
	Switches int    // from one vCPU to another
	Steps    uint64 // of Schedule
	// Endless: behind Schedule the run can only go on for ever.
	Endless bool
	// Options open the run of Schedule.
	Options Options

	inner *scenario.Searched
}

// Do searches f until it has covered every schedule or found a violation, which
// is shrunk and shown by a run of its own. What is not covered when ctx or a
// bound ends the search is said by the verdict.
func (s Search) Do(ctx context.Context, f *File) (*Searched, error) {
	x, err := s.inner().Do(ctx, f.f)
	if err != nil {
		return nil, err
	}
	v := x.Verdict()
	done := &Searched{
		Engine: x.Options.Engine, Exhausted: v.Exhausted, Verdict: v.String(), Schedules: x.Schedules, States: x.States, Steps: x.Steps,
		KernelText: x.KernelText, HoldsUnderTSO: x.TSO != "" && x.Certificate.Given, TSO: x.TSO,
	}
	if x.Found != nil {
		done.Found = &Found{
			Violation: Violation(x.Violation), Violations: violations(x.Violations), Schedule: x.Schedule(),
			Switches: x.Found.Schedule.Switches(), Steps: x.Found.Schedule.Steps(), Endless: x.Found.Endless,
			Options: Options{Engine: s.Engine, Schedule: x.Schedule()}, inner: x,
		}
	}
	return done, nil
}
