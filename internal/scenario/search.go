package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/sched"
)

// Strategy is how a search chooses schedules.
type Strategy string

// The strategies.
const (
	DFS    Strategy = "dfs"    // every schedule, by number of preemptions: see explore.SearchWithLuck
	PCT    Strategy = "pct"    // random priorities: see sched.PCT
	Random Strategy = "random" // at each step anybody who can go on
)

// Strategies lists them.
func Strategies() []Strategy { return []Strategy{DFS, PCT, Random} }

// ParseStrategy finds a strategy by its name.
func ParseStrategy(name string) (Strategy, error) {
	if s := Strategy(name); slices.Contains(Strategies(), s) {
		return s, nil
	}
	return "", fmt.Errorf("unknown strategy %q: expected %s, %s or %s", name, DFS, PCT, Random)
}

// Search says how the schedules of a scenario are searched. The zero value
// covers every schedule under the file's own engine, with one worker.
type Search struct {
	Engine     string        // instead of the file's; "" keeps it
	KernelText bool          // see Options
	Grain      explore.Grain // see Options
	Strategy   Strategy      // "" is DFS
	Depth      int           // PCT: ordering constraints, at least 1; 0: DefaultPCTDepth
	Seed       uint64        // of PCT and Random
	Executions int           // of PCT and Random, at most; 0: explore.DefaultExecutions
	Time       time.Duration // at most; 0: no bound
	explore.Options
}

// DefaultPCTDepth is the depth of PCT.
const DefaultPCTDepth = 3

// NoBound is the bound of a search without one.
const NoBound = format.NoBound

// Bound bounds s in the way of its strategy: DFS by a number of preemptions, PCT
// by its depth, which is DefaultPCTDepth with NoBound. Random has no bound.
func (s *Search) Bound(n int) error {
	switch {
	case n < NoBound:
		return fmt.Errorf("a bound of %d: expected %d or more", n, NoBound)
	case s.Strategy == PCT && n == NoBound:
		s.Depth = DefaultPCTDepth
	case s.Strategy == PCT && (n < 1 || n > sched.MaxActors):
		return fmt.Errorf("a pct depth of %d: expected 1 to %d", n, sched.MaxActors)
	case s.Strategy == PCT:
		s.Depth = n
	case n == NoBound:
	case s.Strategy == Random:
		return errors.New("a bound of the random strategy: expected a number of executions")
	default:
		s.Bounds.Preemptions = explore.AtMost(n)
	}
	return nil
}

// Searched is what a search has shown.
type Searched struct {
	*explore.Report
	Options  Options        // of the runs that it made, and of one that shows what was found
	Checksum sched.Checksum // of the schedule that was found
	Words    []string       // of its actors: see Run.Words
	// Violation is what was found, as a run of its schedule shows it, or as the
	// search tells it where there is no such run: see Untold. Violations are all
	// that the run shows.
	Violation  Violation
	Violations []Violation
	// TSO tells whether what an exhausted search of kernel code shows of
	// sequentially consistent memory holds under x86-TSO too, or why that is not
	// known (T1); "": it was not asked.
	TSO string
	// KernelText is why the kernel's text was searched though the search did not ask for
	// it, or "".
	KernelText string
	// Places tell that schedule where it goes through kernel text.
	Places Places
}

// Schedule is the printed schedule of what was found.
func (s *Searched) Schedule() string { return s.Found.Schedule.Format(s.Checksum, s.Words...) }

// Untold reports whether what was found goes on for ever and no turn was found
// that it repeats, so that no single run can show it.
func (s *Searched) Untold() bool { return s.Found.Endless && s.Found.Schedule.Turn().Steps() == 0 }

// ErrNotShown is returned when a schedule that a search found does not show
// what it found: the search is wrong.
var ErrNotShown = errors.New("a run of the schedule that was found does not violate what the search says")

// Do searches f until it has covered every schedule or found a violation,
// which is shrunk to the fewest switches and shown by a run of its own. What
// is not covered when ctx or Time ends the search is said by the verdict.
func (s Search) Do(ctx context.Context, f *File) (*Searched, error) {
	within := ctx
	if s.Time > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, s.Time)
		defer cancel()
	}
	done, err := s.do(ctx, within, f)
	if err != nil || s.KernelText || done.Options.need.String() == "" {
		return done, err
	}
	why := done.Options.need.String()
	s.KernelText = true
	if done, err = s.do(ctx, within, f); err == nil {
		done.KernelText = why
	}
	return done, err
}

// do searches once; within bounds the search itself.
func (s Search) do(ctx, within context.Context, f *File) (*Searched, error) {
	systems, err := s.systems(ctx, f)
	if err != nil {
		return nil, err
	}
	defer systems.Close()
	rep, err := s.search(within, systems)
	if err != nil {
		return nil, err
	}
	systems.Settle(rep)
	done := &Searched{Report: rep, Options: systems.Options(), Checksum: systems.Checksum(), Words: systems.Words(), TSO: systems.certificate(rep), KernelText: systems.textWhy}
	if rep.Found == nil {
		return done, nil
	}
	sys, err := systems.New()
	if err != nil {
		return nil, err
	}
	defer sys.Close()
	least := explore.Shrink(within, sys, *rep.Found, 0)
	rep.Found = &least
	done.Violation = foundBySearch(&least)
	done.Violations = []Violation{done.Violation}
	return done, done.show(ctx, f)
}

// systems makes the systems to search.
func (s Search) systems(ctx context.Context, f *File) (*Systems, error) {
	systems, err := NewSystems(ctx, f, Options{Engine: s.Engine, KernelText: s.KernelText, Grain: s.Grain})
	if err == nil {
		b := systems.options.base
		b.memory, b.needed = int(baselineShare*float64(cmp.Or(s.Bounds.Memory, explore.DefaultMemory))), s.Needed
	}
	return systems, err
}

// Again opens the run that shows what was found, with its schedule to follow.
func (s *Searched) Again(ctx context.Context, f *File) (*Run, *sched.Replay, error) {
	r, err := Open(ctx, f, s.Options)
	if err != nil {
		return nil, nil, err
	}
	return r, sched.NewReplay(s.Found.Schedule), nil
}

// show runs the schedule for the violation, unless the context ends that run.
func (s *Searched) show(ctx context.Context, f *File) error {
	if s.Untold() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	r, replay, err := s.Again(ctx, f)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Follow(ctx, replay, nil); err != nil {
		if emu.Ended(ctx) != nil {
			return nil
		}
		return err
	}
	v, ok := r.violated(s.Violation.Property)
	if !ok {
		return fmt.Errorf("%w: %s, %v", ErrNotShown, s.Schedule(), s.Violation)
	}
	s.Violation, s.Violations = v, r.Violations()
	s.Places, err = PlacesOf(ctx, f, s.Options, s.Found.Schedule)
	return err
}

func foundBySearch(f *explore.Found) Violation {
	return Violation{Property: f.Violation.Property, Row: f.Violation.ID, Text: f.Violation.What}
}

func (s Search) search(ctx context.Context, systems *Systems) (*explore.Report, error) {
	o := s.Options
	o.Jobs = systems.Jobs(max(o.Jobs, 1))
	n := s.Executions
	if n == 0 {
		n = explore.DefaultExecutions
	}
	o.Certify = systems.certifies()
	switch s.Strategy {
	case DFS, "":
		return explore.SearchWithLuck(ctx, systems.New, o)
	case PCT:
		sys, err := systems.New()
		if err != nil {
			return nil, err
		}
		actors, length := sys.Actors(), explore.Length(sys, pctLengthBound)
		sys.Close()
		if o.Bounds.Depth == 0 { // an actor that spins is not left: its execution is cut soon
			o.Bounds.Depth = max(pctSpinBound, pctSpinLengths*length)
		}
		depth := s.Depth
		if depth == 0 {
			depth = DefaultPCTDepth
		}
		return explore.Sample(ctx, systems.New, func() (sched.Scheduler, error) {
			return sched.NewPCT(s.Seed, depth, actors, length)
		}, n, o)
	case Random:
		return explore.Sample(ctx, systems.New, func() (sched.Scheduler, error) {
			return &sched.Random{Seed: s.Seed}, nil
		}, n, o)
	}
	_, err := ParseStrategy(string(s.Strategy))
	return nil, err
}

// Bounds of pct: on the length that it measures, and on an execution if none is
// given, the larger of a number of steps and of that many lengths.
const (
	pctLengthBound = 100_000
	pctSpinBound   = 1 << 14
	pctSpinLengths = 16
)
