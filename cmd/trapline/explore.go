package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/urfave/cli/v3"

	"trapline/internal/atomicfile"
	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/printable"
	"trapline/internal/scenario"
	"trapline/internal/story"
	"trapline/internal/sweep/queue"
	"trapline/internal/tui"
	"trapline/internal/tui/walk"
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
   trapline explore my.txtar --pin                          keep what is found in the file, for check and go test
   trapline explore smp-missed-probe --diagram mermaid      what was found as diagrams, for a mail or an issue
   trapline explore my.txtar --bound 2 --time 1m            at most two preemptions, at most a minute
   trapline explore my.txtar --queue redis://HOST:6379      by the workers of a queue: trapline worker redis://HOST:6379
   trapline explore my.txtar --strategy pct --seed 7        random priorities`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engine", Aliases: []string{"e"}, Usage: engineUsage("search under")},
			&cli.StringFlag{Name: "strategy", Value: string(scenario.DFS), Usage: "`STRATEGY` is dfs (every schedule), pct or random"},
			&cli.IntFlag{Name: "bound", Value: scenario.NoBound, Usage: "dfs: at most `N` preemptions (-1: any number); pct: the depth (-1: 3)"},
			&cli.IntFlag{Name: "executions", Value: explore.DefaultExecutions, Usage: "pct, random: at most `N` executions"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "pct, random: the `SEED`"},
			&cli.IntFlag{Name: "jobs", Value: runtime.NumCPU(), Usage: "`N` workers; what is found does not depend on it"},
			&cli.DurationFlag{Name: "time", Usage: "end after `DURATION`, such as 30s"},
			&cli.IntFlag{Name: "memory", Value: explore.DefaultMemory >> 20, Usage: "end before the process takes more memory than `MIB`"},
			&cli.StringFlag{Name: "queue", Usage: "dfs: let workers search (trapline worker): `URL` of a Redis or Valkey server"},
			requireExhausted(),
			processorFlag(),
			modelFlag(),
			splitFlag(),
			&cli.BoolFlag{Name: "kernel-text", Usage: "search the instructions of the kernel's text too: finer steps, many more of them"},
			&cli.StringFlag{Name: "grain", Value: grainInstruction, Usage: "with --kernel-text: `GRAIN` is instruction, or line: a line of the kernel's C is one step"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "tell every instruction, register, read and write"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "tell only traps, hits and what went wrong"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line, as docs/json.md says"},
			diagramFlag(),
			&cli.BoolFlag{Name: "tui", Usage: "open the violation that is found in the UI"},
			&cli.BoolFlag{Name: "pin", Usage: "write the schedule that is found into the scenario's file, as a line of its member schedule"},
		},
		ShellComplete: completeScenarios(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doExplore(ctx, c, out) },
	}
}

// searching is one search of a scenario and how it is told.
type searching struct {
	scenario.Search
	out    *output
	stderr io.Writer
	name   string
	file   *scenario.File
	model  string // words of the command line, or ""
	bound  int    // preemptions, or pct's depth; scenario.NoBound
	level  story.Level
	json   bool
}

func doExplore(ctx context.Context, c *cli.Command, out *output) error {
	if c.Bool("tui") {
		if err := needTerminal(c); err != nil {
			return err
		}
	}
	diagram, err := diagramOf(c)
	if err != nil {
		return err
	}
	s, err := newSearching(c, out)
	if err != nil {
		return err
	}
	s.file, err = loadFor(c, s.name)
	if err != nil {
		return err
	}
	if err := checkEngine(c, s.file, s.Engine); err != nil {
		return err
	}
	if c.Bool("pin") {
		if err := isOwn(s.name); err != nil {
			return err
		}
	}
	if url := c.String("queue"); url != "" {
		leave, err := s.divide(ctx, url)
		if err != nil {
			return err
		}
		defer leave()
	}
	x, err := s.search(ctx)
	if err != nil {
		return err
	}
	if diagram == "" || x.Found == nil {
		s.summary(x)
	}
	if x.Found == nil {
		if err := emu.Ended(ctx); err != nil {
			return fmt.Errorf("%w after %d schedules, %d states and %d steps; no violation was found so far", err, x.Schedules, x.States, x.Steps)
		}
		return required(c, x.Verdict())
	}
	if diagram != "" {
		err = s.draw(ctx, x, diagram)
	} else {
		err = s.show(ctx, x)
	}
	if err != nil {
		return err
	}
	if c.Bool("pin") {
		if err := s.pin(x); err != nil {
			return err
		}
	}
	if c.Bool("tui") {
		if err := s.walk(ctx, x); err != nil {
			return err
		}
	}
	return errViolated
}

// isOwn refuses to change a built-in scenario.
func isOwn(name string) error {
	if _, err := os.Stat(name); err != nil {
		return fmt.Errorf("%s: --pin needs a file of your own: %w", printable.Name(name), err)
	}
	return nil
}

// pin writes the schedule into the scenario's file.
func (s *searching) pin(x *scenario.Searched) error {
	line, err := x.Pin(s.file)
	if err != nil {
		return fmt.Errorf("%s: %w", printable.Name(s.name), err)
	}
	told := "kept already in"
	if s.file.AddSchedule(line) {
		if err := atomicfile.Write(context.Background(), s.name, s.file.Bytes()); err != nil {
			return fmt.Errorf("write %s: %w", printable.Name(s.name), err)
		}
		told = "kept in"
	}
	fmt.Fprintf(s.stderr, "%s %s: trapline check and go test judge it from now on\n", told, s.name)
	return nil
}

// walk opens what was found in the UI.
func (s *searching) walk(ctx context.Context, x *scenario.Searched) error {
	o := scenario.Options{Engine: s.Engine, Direct: x.Options.Direct}
	w, err := walkScheduled(ctx, s.file, o, x.Schedule(), walk.DefaultRecord)
	if err != nil {
		return err
	}
	return showTUI(ctx, w, tui.Options{})
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
	g, err := grain(c)
	if err != nil {
		return nil, err
	}
	strategy, err := scenario.ParseStrategy(c.String("strategy"))
	if err != nil {
		return nil, usageError(c, err)
	}
	s := &searching{
		out: out, stderr: c.Root().ErrWriter, name: c.Args().First(), bound: c.Int("bound"), model: modelWords(c), level: level, json: c.Bool("json"),
		Search: scenario.Search{
			Engine: c.String("engine"), KernelText: c.Bool("kernel-text"), Grain: g, Strategy: strategy,
			Seed: c.Uint64("seed"), Executions: c.Int("executions"), Time: c.Duration("time"),
		},
	}
	switch jobs, memory := c.Int("jobs"), c.Int("memory"); {
	case jobs < 1 || jobs > maxJobs:
		return nil, usagef(c, "%d jobs: expected 1 to %d", jobs, maxJobs)
	case memory < 1 || memory > maxMemory:
		return nil, usagef(c, "a memory of %d MiB: expected 1 to %d", memory, maxMemory)
	case s.Executions < 1:
		return nil, usagef(c, "%d executions: expected 1 or more", s.Executions)
	case s.Time < 0:
		return nil, usagef(c, "a time of %v: expected more than 0", s.Time)
	}
	s.Options = explore.Options{
		Jobs: c.Int("jobs"), Bounds: explore.Bounds{Memory: c.Int("memory") << 20},
		Clock: clock(), Progress: s.progress(),
	}
	if c.String("queue") != "" && s.Strategy != scenario.DFS {
		return nil, usagef(c, "--queue with the strategy %s: expected dfs", s.Strategy)
	}
	if err := s.Bound(s.bound); err != nil {
		return nil, usageError(c, err)
	}
	if s.Strategy == scenario.PCT {
		s.bound = s.Depth
	}
	return s, nil
}

// Values of --grain.
const (
	grainInstruction = "instruction"
	grainLine        = "line"
)

// grain reads --grain.
func grain(c *cli.Command) (explore.Grain, error) {
	switch g := c.String("grain"); {
	case g == grainInstruction:
		return explore.WholeInstructions, nil
	case g != grainLine:
		return 0, usagef(c, "unknown grain %q: expected %s or %s", g, grainLine, grainInstruction)
	case !c.Bool("kernel-text"):
		return 0, usagef(c, "--grain %s without --kernel-text: expected both, since micro-steps have no lines", g)
	}
	return explore.WholeLines, nil
}

// divide makes the workers of a queue search, until leave is called.
func (s *searching) divide(ctx context.Context, url string) (leave func(), err error) {
	q, err := queue.Dial(ctx, url, version())
	if err != nil {
		return nil, err
	}
	d, err := q.Divide(ctx, s.file, s.Search)
	if err != nil {
		q.Close()
		return nil, err
	}
	s.Crew = d
	told, tell := false, s.Progress
	s.Progress = func(p explore.Progress) {
		if d.Workers() == 0 && !told && p.Part == explore.PartAll && p.Elapsed > progressAfter {
			told = true
			fmt.Fprintf(s.stderr, "explore: there is no worker of this version; start some: trapline worker %s\n", url)
		}
		tell(p)
	}
	return func() {
		d.Close(context.WithoutCancel(ctx))
		q.Close()
	}, nil
}

// clock measures from now on.
func clock() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// searchAll is a search for every schedule of f under an engine, for at most d.
func searchAll(f *scenario.File, name, engine string, d time.Duration) *searching {
	s := &searching{name: name, file: f, bound: scenario.NoBound, Search: scenario.Search{
		Engine: engine, Strategy: scenario.DFS, Time: d, Options: explore.Options{Jobs: runtime.NumCPU(), Clock: clock()},
	}}
	if engine == f.Machine.Engine {
		s.Engine = ""
	}
	return s
}

// Bounds of the command line.
const (
	maxJobs   = 64
	maxMemory = 64 << 10 // MiB
)

// search searches within the bound on the process's memory.
func (s *searching) search(ctx context.Context) (*scenario.Searched, error) {
	bound := s.Bounds.Memory
	if bound == 0 {
		bound = explore.DefaultMemory
	}
	needed, release := boundMemory(bound)
	defer release()
	s.Needed = needed
	return s.Do(ctx, s.file)
}
