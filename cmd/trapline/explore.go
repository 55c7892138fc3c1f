package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/urfave/cli/v3"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/emu/sched"
	"trapline/scenarios"
	"trapline/scenarios/story"
	"trapline/tui/walk"
)

// Strategies of a search.
const (
	strategyDFS    = "dfs"
	strategyPCT    = "pct"
	strategyRandom = "random"
)

// requireExhausted is the flag of commands that search.
func requireExhausted() cli.Flag {
	return &cli.BoolFlag{Name: "require-exhausted", Usage: "exit 1 unless every schedule was covered"}
}

// required judges a verdict by that flag.
func required(c *cli.Command, v explore.Verdict) error {
	if c.Bool("require-exhausted") && !v.Exhausted {
		return errViolated
	}
	return nil
}

func exploreCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "explore",
		Usage:     "search the schedules of a scenario for one that violates a property",
		ArgsUsage: "SCENARIO",
		Description: `Lets the vCPUs take their steps in every order, or in random ones, and judges the properties of the scenario's
check. What is found is shrunk to the fewest switches, told as a story, and can be run again.

Exit status 1: a violation was found. 0: none was; "exhausted" says that there is none within the bounds and the model
that the line names, "not exhausted" that the search ended early, which is exit status 1 with --require-exhausted.
docs/exploring.md says what that proves.

EXAMPLES:
   trapline explore smp-missed-probe
   trapline explore smp-missed-probe --engine 2005          the same under a later engine: exhausted, nothing found
   trapline explore my.txtar --bound 2 --time 1m            at most two preemptions, at most a minute
   trapline explore my.txtar --strategy pct --seed 7        random priorities`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engine", Aliases: []string{"e"}, Usage: engineUsage("search under")},
			&cli.StringFlag{Name: "strategy", Value: strategyDFS, Usage: "`STRATEGY` is dfs (every schedule), pct or random"},
			&cli.IntFlag{Name: "bound", Value: noBound, Usage: "dfs: at most `N` preemptions (-1: any number); pct: the depth (-1: 3)"},
			&cli.IntFlag{Name: "executions", Value: explore.DefaultExecutions, Usage: "pct, random: at most `N` executions"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "pct, random: the `SEED`"},
			&cli.IntFlag{Name: "jobs", Value: runtime.NumCPU(), Usage: "`N` workers; what is found does not depend on it"},
			&cli.DurationFlag{Name: "time", Usage: "end after `DURATION`, such as 30s"},
			&cli.IntFlag{Name: "memory", Value: explore.DefaultMemory >> 20, Usage: "end before the process takes more memory than `MIB`"},
			requireExhausted(),
			processorFlag(),
			&cli.BoolFlag{Name: "kernel-text", Usage: "search the instructions of the kernel's text too: finer steps, many more of them"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "tell every instruction, register, read and write"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "tell only traps, hits and what went wrong"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line, as docs/json.md says"},
			&cli.BoolFlag{Name: "tui", Usage: "open the violation that is found in the UI"},
		},
		ShellComplete: completeScenarios(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doExplore(ctx, c, out) },
	}
}

// searching is one search of a scenario.
type searching struct {
	out      *output
	stderr   io.Writer
	name     string
	file     *scenarios.File
	systems  *scenarios.Systems
	strategy string
	bound    int
	seed     uint64
	runs     int // executions
	options  explore.Options
	level    story.Level
	json     bool
	engine   string // as given, or ""
	text     bool   // --kernel-text
}

func doExplore(ctx context.Context, c *cli.Command, out *output) error {
	if c.Bool("tui") {
		if err := needTerminal(c); err != nil {
			return err
		}
	}
	s, err := newSearching(c, out)
	if err != nil {
		return err
	}
	s.file, err = loadFor(c, s.name)
	if err != nil {
		return err
	}
	if err := checkEngine(c, s.file, s.engine); err != nil {
		return err
	}
	s.systems, err = scenarios.NewSystems(ctx, s.file, scenarios.Options{Engine: s.engine, KernelText: s.text})
	if err != nil {
		return err
	}
	defer s.systems.Close()
	s.options.Jobs = s.systems.Jobs(s.options.Jobs)
	within := ctx
	if d := c.Duration("time"); d > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	rep, err := s.search(within)
	if err != nil {
		return err
	}
	s.summary(rep)
	if rep.Found == nil {
		if err := emu.Ended(ctx); err != nil {
			return fmt.Errorf("%w after %d schedules, %d states and %d steps; no violation was found so far", err, rep.Schedules, rep.States, rep.Steps)
		}
		return required(c, rep.Verdict())
	}
	if err := s.show(ctx, rep.Found); err != nil {
		return err
	}
	if c.Bool("tui") {
		if err := s.walk(ctx, rep.Found); err != nil {
			return err
		}
	}
	return errViolated
}

// walk opens what was found in the UI.
func (s *searching) walk(ctx context.Context, f *explore.Found) error {
	o := scenarios.Options{Engine: s.engine, Direct: s.systems.Options().Direct}
	w, err := walkScheduled(ctx, s.file, o, f.Schedule.Format(s.systems.Checksum()), walk.DefaultRecord)
	if err != nil {
		return err
	}
	return showTUI(ctx, w, 0, nil)
}

// newSearching reads the command line.
func newSearching(c *cli.Command, out *output) (*searching, error) {
	if c.Args().Len() != 1 {
		return nil, usagef(c, "explore takes one SCENARIO, not %d", c.Args().Len())
	}
	level, err := levelOf(c)
	if err != nil {
		return nil, err
	}
	s := &searching{
		out: out, stderr: c.Root().ErrWriter, name: c.Args().First(), strategy: c.String("strategy"), bound: c.Int("bound"),
		seed: c.Uint64("seed"), runs: c.Int("executions"), level: level, json: c.Bool("json"), engine: c.String("engine"),
		text: c.Bool("kernel-text"),
	}
	switch jobs, memory := c.Int("jobs"), c.Int("memory"); {
	case s.bound < noBound:
		return nil, usagef(c, "a bound of %d: expected -1 or more", s.bound)
	case jobs < 1 || jobs > maxJobs:
		return nil, usagef(c, "%d jobs: expected 1 to %d", jobs, maxJobs)
	case memory < 1 || memory > maxMemory:
		return nil, usagef(c, "a memory of %d MiB: expected 1 to %d", memory, maxMemory)
	case s.runs < 1:
		return nil, usagef(c, "%d executions: expected 1 or more", s.runs)
	case c.Duration("time") < 0:
		return nil, usagef(c, "a time of %v: expected more than 0", c.Duration("time"))
	}
	start := time.Now()
	s.options = explore.Options{
		Jobs:   c.Int("jobs"),
		Bounds: explore.Bounds{Memory: c.Int("memory") << 20},
		Clock:  func() time.Duration { return time.Since(start) },
	}
	s.options.Progress = s.progress()
	switch s.strategy {
	case strategyDFS:
		if s.bound != noBound {
			s.options.Bounds.Preemptions = explore.AtMost(s.bound)
		}
	case strategyPCT:
		if s.bound == noBound {
			s.bound = defaultPCTDepth
		}
		if s.bound < 1 || s.bound > sched.MaxActors {
			return nil, usagef(c, "a pct depth of %d: expected 1 to %d", s.bound, sched.MaxActors)
		}
	case strategyRandom:
		if s.bound != noBound {
			return nil, usagef(c, "--bound with the random strategy: expected --executions")
		}
	default:
		return nil, usagef(c, "unknown strategy %q: expected dfs, pct or random", s.strategy)
	}
	return s, nil
}

// searchAll is a search for every schedule of f under an engine. Its systems
// are to be closed.
func searchAll(ctx context.Context, f *scenarios.File, name, engine string) (*searching, error) {
	systems, err := scenarios.NewSystems(ctx, f, scenarios.Options{Engine: engine})
	if err != nil {
		return nil, err
	}
	start := time.Now()
	s := &searching{
		name: name, file: f, systems: systems, strategy: strategyDFS, bound: noBound, engine: engine,
		options: explore.Options{Jobs: systems.Jobs(runtime.NumCPU()), Clock: func() time.Duration { return time.Since(start) }},
	}
	if engine == f.Machine.Engine {
		s.engine = ""
	}
	return s, nil
}

// Bounds of the command line.
const (
	noBound         = -1 // of --bound
	maxJobs         = 64
	maxMemory       = 64 << 10 // MiB
	defaultPCTDepth = 3
)

// search runs the strategy and shrinks what it finds.
func (s *searching) search(ctx context.Context) (*explore.Report, error) {
	var rep *explore.Report
	var err error
	bound := s.options.Bounds.Memory
	if bound == 0 {
		bound = explore.DefaultMemory
	}
	needed, release := boundMemory(bound)
	defer release()
	s.options.Needed = needed
	switch s.strategy {
	case strategyDFS:
		rep, err = explore.Search(ctx, s.systems.New, s.options)
	case strategyPCT:
		var sys explore.System
		if sys, err = s.systems.New(); err != nil {
			return nil, err
		}
		actors, length := sys.Actors(), lengthOf(sys)
		sys.Close()
		rep, err = explore.Sample(ctx, s.systems.New, func() (sched.Scheduler, error) {
			return sched.NewPCT(s.seed, s.bound, actors, length)
		}, s.runs, s.options)
	default:
		rep, err = explore.Sample(ctx, s.systems.New, func() (sched.Scheduler, error) {
			return &sched.Random{Seed: s.seed}, nil
		}, s.runs, s.options)
	}
	if err != nil {
		return nil, err
	}
	s.systems.Settle(rep)
	if rep.Found == nil {
		return rep, nil
	}
	sys, err := s.systems.New()
	if err != nil {
		return nil, err
	}
	defer sys.Close()
	f := explore.Shrink(ctx, sys, *rep.Found, 0)
	rep.Found = &f
	return rep, nil
}

// lengthOf is how many steps an execution takes, as the probability of pct
// needs it: those of round robin, and half as many again.
func lengthOf(sys explore.System) uint64 {
	rr := &sched.RoundRobin{Quantum: 1}
	rr.Begin(0)
	n := explore.Run(sys, rr, pctLengthBound).Schedule.Steps()
	return n + n/2 + 1
}

const pctLengthBound = 100_000

// progressAfter is how long a search is silent.
const progressAfter = 2 * time.Second

// progress prints a line every progressAfter, on standard error.
func (s *searching) progress() func(explore.Progress) {
	last := time.Duration(0)
	return func(p explore.Progress) {
		if p.Elapsed-last < progressAfter {
			return
		}
		last = p.Elapsed
		fmt.Fprintf(s.stderr, "explore: %v, %d preemptions, %d schedules, %d states, about %d%% of what is known to be left to do\n",
			p.Elapsed.Round(time.Second), p.Preemptions, p.Schedules, p.States, int(100*p.Done))
	}
}

// summary tells what was searched.
func (s *searching) summary(rep *explore.Report) {
	if s.json {
		s.searchJSON(rep)
		return
	}
	o := s.out
	fmt.Fprintf(o, "%s: engine %s, strategy %s, %s\n", s.name, s.systems.Options().Engine, s.strategy, s.boundText())
	fmt.Fprintf(o, "%v\n", rep.Verdict())
	fmt.Fprintf(o, "%d schedules, %d executions ended, %d states, %d steps, %v\n",
		rep.Schedules, rep.Executions, rep.States, rep.Steps, rep.Elapsed.Round(time.Millisecond))
	if rep.Found == nil {
		o.styled(story.Changed, "No violation was found.\n")
	}
}

func (s *searching) boundText() string {
	switch {
	case s.strategy == strategyPCT:
		return fmt.Sprintf("depth %d, seed %d, at most %d executions", s.bound, s.seed, s.runs)
	case s.strategy == strategyRandom:
		return fmt.Sprintf("seed %d, at most %d executions", s.seed, s.runs)
	case s.bound == noBound:
		return "no bound on preemptions"
	}
	return fmt.Sprintf("bound %d preemptions", s.bound)
}

// command is the line that shows a schedule again.
func (s *searching) command(schedule string) string {
	line := "trapline run " + shellWord(s.name)
	if s.engine != "" {
		line += " --engine " + s.engine
	}
	return line + " --schedule " + schedule
}

// show tells the story of what was found, as run --schedule does. When it is
// interrupted it names at least the schedule.
func (s *searching) show(ctx context.Context, f *explore.Found) error {
	schedule := f.Schedule.Format(s.systems.Checksum())
	v, err := s.again(ctx, f, nil)
	if errors.Is(err, emu.ErrStopped) {
		v = foundBySearch(f)
	} else if err != nil {
		return err
	}
	if !s.json {
		s.out.styled(story.Alarm, "found")
		fmt.Fprintf(s.out, " %s\nschedule %s (%s)\nagain: %s\n\n", v, schedule, lengthText(f.Schedule), s.command(schedule))
	} else {
		s.foundJSON(f, v, schedule)
	}
	if err != nil || untold(f) { // its story has no end
		return err
	}
	_, err = s.again(ctx, f, s.out)
	return err
}

// foundBySearch is a violation as the search tells it.
func foundBySearch(f *explore.Found) scenarios.Violation {
	x := f.Violation
	return scenarios.Violation{Property: x.Property, Row: x.ID, Text: x.What}
}

// lengthText tells how long a schedule is.
func lengthText(s sched.Schedule) string {
	text := fmt.Sprintf("%d switches, %d steps", s.Switches(), s.Steps())
	if n := s.Turn().Steps(); n > 0 {
		text += fmt.Sprintf(", then %d steps over and over", n)
	}
	return text
}

// untold reports whether the run goes on for ever and no turn was found that it
// repeats, so that no single run can show it.
func untold(f *explore.Found) bool { return f.Endless && f.Schedule.Turn().Steps() == 0 }

// again runs the schedule as trapline run does, telling the story to out, if
// there is one. The violation must show again.
func (s *searching) again(ctx context.Context, f *explore.Found, out *output) (v scenarios.Violation, err error) {
	if untold(f) {
		return foundBySearch(f), nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.file.Machine.Time)
	defer cancel()
	r, err := scenarios.Open(ctx, s.file, s.systems.Options())
	if err != nil {
		return v, err
	}
	defer r.Close()
	if out == nil {
		err = r.Follow(ctx, sched.NewReplay(f.Schedule), nil)
	} else {
		t := &telling{out: out, run: r, teller: story.Teller{Level: s.level}, json: s.json, name: s.name, schedule: sched.NewReplay(f.Schedule)}
		err = t.tell(ctx, false)
	}
	if err != nil && !errors.Is(err, errViolated) {
		return v, err
	}
	for _, v := range r.Violations() {
		if v.Property == f.Violation.Property {
			return v, nil
		}
	}
	panic(fmt.Sprintf("a run of the schedule %s does not violate %s: %s", f.Schedule.Format(s.systems.Checksum()),
		f.Violation.Property, f.Violation.What))
}
