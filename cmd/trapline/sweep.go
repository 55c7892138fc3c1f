package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"trapline/internal/explore"
	"trapline/internal/printable"
	"trapline/internal/scenario"
	"trapline/internal/sweep"
)

func sweepCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "sweep",
		Usage:     "make many searches: scenarios by engines, strategies, bounds and seeds",
		ArgsUsage: "DIR|FILE|NAME…",
		Description: `Searches every scenario (of folders: every *.txtar below them) under every engine that fits it, in one process. Each
result is a line of JSON. With -o the lines go to a file; the same command goes on where that file ends, if it was
ended or killed. --shard K/N makes the K-th of N parts, for several machines; trapline merge puts their files together.
"--shard auto" takes the part from a Slurm array's variables, "--shard auto/N" also from those of a Kubernetes indexed job.

Exit status 1: a violation was found that its file's member explore does not expect. docs/sweeps.md has examples for CI.

EXAMPLES:
   trapline sweep testdata --engines 2002,2005,modern -o sweep.jsonl
   trapline sweep testdata --strategies pct,random --seeds 1-20 --executions 1000 -o luck.jsonl
   trapline sweep testdata --shard 2/8 -o part2.jsonl
   trapline sweep testdata --queue redis://HOST:6379 -o sweep.jsonl      with: trapline worker redis://HOST:6379
   trapline merge part*.jsonl -o all.jsonl --junit all.xml`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engines", Usage: engineUsage("search under")},
			&cli.StringFlag{Name: "strategies", Value: string(scenario.DFS), Usage: "`LIST` of dfs, pct, random"},
			&cli.StringFlag{Name: "bounds", Value: "-1", Usage: "`LIST` of bounds: preemptions of dfs, depths of pct; -1 is none"},
			&cli.StringFlag{Name: "seeds", Value: "1", Usage: "`LIST` of seeds of pct and random, such as 1,5 or 1-20"},
			&cli.IntFlag{Name: "executions", Value: explore.DefaultExecutions, Usage: "pct, random: at most `N` executions each"},
			&cli.BoolFlag{Name: "kernel-text", Usage: "search the instructions of the kernel's text too"},
			&cli.DurationFlag{Name: "time", Usage: "end each search after `DURATION`; else after its file's time"},
			&cli.IntFlag{Name: "memory", Value: explore.DefaultMemory >> 20, Usage: "end searches before the process takes more memory than `MIB`"},
			&cli.IntFlag{Name: "jobs", Value: runtime.NumCPU(), Usage: "`N` searches at a time"},
			&cli.StringFlag{Name: "shard", Usage: "make part `K/N` only, K from 1; or auto, or auto/N"},
			&cli.StringFlag{Name: "queue", Usage: "let workers make the searches (trapline worker): `URL` of a Redis or Valkey server"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "add the lines to `FILE`, without the searches that it has"},
			requireExhausted(),
			processorFlag(),
		},
		ShellComplete: completeScenarios(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doSweep(ctx, c, out) },
	}
}

func doSweep(ctx context.Context, c *cli.Command, out *output) error {
	axes, o, err := sweepOptions(c)
	if err != nil {
		return err
	}
	shard, err := parseShard(c.String("shard"), os.Getenv)
	if err != nil {
		return usageError(c, err)
	}
	list, err := sweepScenarios(c)
	if err != nil {
		return err
	}
	if err := sweepEngines(list, axes.Engines); err != nil {
		return usageError(c, err)
	}
	all, err := sweep.Plan(list, axes)
	if err != nil {
		return usageError(c, err)
	}
	jobs := shard.Of(all)
	head := sweep.HeadOf(all, shard)
	file, done, err := openSweep(c.String("output"), head, jobs)
	if err != nil {
		return err
	}
	defer file.Close()
	needed, release := boundMemory(o.Memory)
	defer release()
	o.Needed, o.Clock = needed, clock()
	t := &sweeping{out: out, file: file, stderr: c.Root().ErrWriter, strict: c.Bool("require-exhausted"), clock: o.Clock, todo: len(jobs) - len(done)}
	if c.String("output") == "" {
		out.raw(string(sweep.Line(head)))
	}
	for _, r := range done {
		t.judge(&r)
	}
	if url := c.String("queue"); url != "" {
		err = t.queue(ctx, url, jobs, done, o)
	} else {
		err = sweep.Run(ctx, jobs, done, o, t.emit)
	}
	if err != nil {
		return err
	}
	if c.String("output") != "" {
		fmt.Fprintf(out, "%d searches, %d of them made before\n", len(jobs), len(done))
	}
	if t.bad {
		return errViolated
	}
	return nil
}

// sweeping is a sweep that goes on.
type sweeping struct {
	out    *output
	file   *os.File // or nil
	stderr io.Writer
	strict bool // --require-exhausted
	clock  func() time.Duration
	todo   int
	made   int
	told   time.Duration
	bad    bool
}

func (t *sweeping) judge(r *sweep.Result) {
	if r.Outcome == sweep.Failed || r.Outcome == sweep.Violated && !r.Expected || t.strict && r.Outcome != sweep.Holds && r.Outcome != sweep.Impossible {
		t.bad = true
	}
}

func (t *sweeping) emit(r sweep.Result) error {
	t.judge(&r)
	t.made++
	if now := t.clock(); now-t.told >= progressAfter {
		t.told = now
		left := time.Duration(float64(now) / float64(t.made) * float64(t.todo-t.made))
		fmt.Fprintf(t.stderr, "sweep: %d of %d searches, about %v left\n", t.made, t.todo, left.Round(time.Second))
	}
	line := sweep.Line(r)
	if t.file == nil {
		t.out.raw(string(line))
		return t.out.Flush()
	}
	_, err := t.file.Write(line) // one write: a kill leaves at most the last line short
	return err
}

func sweepOptions(c *cli.Command) (a sweep.Axes, o sweep.Options, err error) {
	a = sweep.Axes{Executions: c.Int("executions"), KernelText: c.Bool("kernel-text")}
	o = sweep.Options{Jobs: c.Int("jobs"), Time: c.Duration("time"), Memory: c.Int("memory") << 20}
	if text := c.String("engines"); text != "" {
		a.Engines = strings.Split(text, ",")
	}
	for _, s := range strings.Split(c.String("strategies"), ",") {
		strategy, err := scenario.ParseStrategy(s)
		if err != nil {
			return a, o, usageError(c, err)
		}
		a.Strategies = append(a.Strategies, strategy)
	}
	for _, s := range strings.Split(c.String("bounds"), ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < scenario.NoBound {
			return a, o, usagef(c, "a bound of %q: expected -1 or more", s)
		}
		a.Bounds = append(a.Bounds, n)
	}
	if a.Seeds, err = parseSeeds(c.String("seeds")); err != nil {
		return a, o, usageError(c, err)
	}
	switch memory := c.Int("memory"); {
	case c.IsSet("output") && c.String("output") == "":
		return a, o, usagef(c, "-o with an empty name: expected the name of a file")
	case o.Jobs < 1 || o.Jobs > maxJobs:
		return a, o, usagef(c, "%d jobs: expected 1 to %d", o.Jobs, maxJobs)
	case memory < 1 || memory > maxMemory:
		return a, o, usagef(c, "a memory of %d MiB: expected 1 to %d", memory, maxMemory)
	case a.Executions < 1:
		return a, o, usagef(c, "%d executions: expected 1 or more", a.Executions)
	case o.Time < 0:
		return a, o, usagef(c, "a time of %v: expected more than 0", o.Time)
	}
	return a, o, nil
}

// parseSeeds reads seeds and ranges of them, such as 1,5-9.
func parseSeeds(text string) ([]uint64, error) {
	var list []uint64
	for _, s := range strings.Split(text, ",") {
		first, last, ranged := strings.Cut(s, "-")
		lo, err := strconv.ParseUint(first, 10, 64)
		hi := lo
		if ranged && err == nil {
			hi, err = strconv.ParseUint(last, 10, 64)
		}
		if err != nil || hi < lo || hi-lo >= sweep.MaxJobs {
			return nil, fmt.Errorf("seeds %q: expected numbers or ranges, such as 1,5-9", s)
		}
		for n := lo; ; n++ {
			if list = append(list, n); n == hi {
				break
			}
		}
	}
	return list, nil
}

// Variables by which Slurm's arrays and Kubernetes' indexed jobs tell a task its number.
const (
	slurmID    = "SLURM_ARRAY_TASK_ID"
	slurmFirst = "SLURM_ARRAY_TASK_MIN"
	slurmCount = "SLURM_ARRAY_TASK_COUNT"
	kubernetes = "JOB_COMPLETION_INDEX"
)

// parseShard reads K/N, auto or auto/N.
func parseShard(text string, env func(string) string) (s sweep.Shard, err error) {
	if text == "" {
		return s, nil
	}
	k, n, both := strings.Cut(text, "/")
	if k == "auto" {
		return autoShard(n, env)
	}
	if s.K, err = strconv.Atoi(k); err == nil && both {
		s.N, err = strconv.Atoi(n)
	}
	if err != nil || !both || s.K < 1 || s.K > s.N {
		return s, fmt.Errorf("shard %q: expected K/N with K from 1 to N, auto or auto/N", text)
	}
	return s, nil
}

func autoShard(n string, env func(string) string) (s sweep.Shard, err error) {
	first, index := "0", env(kubernetes)
	if id := env(slurmID); id != "" {
		index = id
		if x := env(slurmFirst); x != "" {
			first = x
		}
		if n == "" {
			n = env(slurmCount)
		}
	}
	if index == "" {
		return s, fmt.Errorf("shard auto: neither %s nor %s is set; expected a task of a Slurm array or of a Kubernetes indexed job", slurmID, kubernetes)
	}
	if n == "" {
		return s, fmt.Errorf("shard auto: %s does not say how many parts there are; expected auto/N", kubernetes)
	}
	i, err1 := strconv.Atoi(index)
	lo, err2 := strconv.Atoi(first)
	count, err3 := strconv.Atoi(n)
	if s = (sweep.Shard{K: i - lo + 1, N: count}); errors.Join(err1, err2, err3) != nil || s.K < 1 || s.K > s.N {
		return s, fmt.Errorf("shard auto: part %s, counted from %s, of %s: expected a part from 1 to N", index, first, n)
	}
	return s, nil
}

// sweepScenarios loads what the arguments name.
func sweepScenarios(c *cli.Command) ([]sweep.Scenario, error) {
	if !c.Args().Present() {
		return nil, usagef(c, "sweep takes at least one DIR, FILE or NAME")
	}
	var list []sweep.Scenario
	add := func(name string) error {
		f, err := loadFor(c, name)
		if err == nil {
			list = append(list, sweep.Scenario{Name: name, File: f})
		}
		return err
	}
	for _, name := range c.Args().Slice() {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			if err := add(name); err != nil {
				return nil, err
			}
			continue
		}
		n := len(list)
		err := filepath.WalkDir(name, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(p) != scenario.Ext {
				return err
			}
			return add(p)
		})
		if err != nil {
			return nil, err
		}
		if len(list) == n {
			return nil, fmt.Errorf("%s: no scenario files (*%s) below it", printable.Name(name), scenario.Ext)
		}
	}
	return list, nil
}

// sweepEngines demands that each engine can run a scenario.
func sweepEngines(list []sweep.Scenario, engines []string) error {
	for _, e := range engines {
		fits := func(s sweep.Scenario) bool { return s.File.CheckEngine(e) == nil }
		if !slices.ContainsFunc(list, fits) {
			return list[0].File.CheckEngine(e)
		}
	}
	return nil
}

// openSweep opens the file of a sweep behind its last whole line, and reads
// what it has; without a name it opens none.
func openSweep(name string, head sweep.Head, jobs []sweep.Job) (*os.File, []sweep.Result, error) {
	if name == "" {
		return nil, nil, nil
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, nil, err
	}
	done, err := resume(f, head, jobs)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", printable.Name(name), err)
	}
	return f, done, nil
}

func resume(f *os.File, head sweep.Head, jobs []sweep.Job) ([]sweep.Result, error) {
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, errors.New("expected a regular file, or no -o"))
	}
	if !lockFile(f) {
		return nil, errors.New("another sweep is writing it; expected another file")
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	old, done, whole, err := sweep.Read(data)
	if err != nil {
		return nil, err
	}
	if whole > 0 && old != head {
		return nil, fmt.Errorf("it has another sweep (%d searches, plan %s, part %d/%d; this one: %d, %s, %d/%d); expected another file",
			old.Searches, old.Plan, old.Shard, old.Shards, head.Searches, head.Plan, head.Shard, head.Shards)
	}
	if done, err = sweep.Resume(jobs, done); err != nil {
		return nil, err
	}
	if err := f.Truncate(int64(whole)); err != nil {
		return nil, err
	}
	if _, err := f.Seek(int64(whole), io.SeekStart); err != nil {
		return nil, err
	}
	if whole == 0 {
		_, err = f.Write(sweep.Line(head))
	}
	return done, err
}
