package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/scenario"
	"trapline/internal/story"
)

func compareCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "compare",
		Usage:     "run a scenario under each engine, side by side",
		ArgsUsage: "SCENARIO",
		Description: `Runs the scenario once under each engine, the vCPUs taking turns, and counts; then searches its schedules for a
violation of what it checks, for at most --time each. docs/generations.md has the table for the built-in races.

EXAMPLES:
   trapline compare lock-convoy
   trapline compare smp-missed-probe --engines 2002,2005`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engines", Usage: engineUsage("compare") + "; options: " + strings.Join(engines.Options(engines.Kernel), ", ")},
			&cli.DurationFlag{Name: "time", Value: defaultCompareTime, Usage: "search for at most `DURATION` under each engine"},
			processorFlag(),
			requireExhausted(),
			&cli.BoolFlag{Name: "json", Usage: "one JSON object for each engine, as docs/json.md says"},
		},
		ShellComplete: completeScenarios(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doCompare(ctx, c, out) },
	}
}

const defaultCompareTime = 5 * time.Second

func doCompare(ctx context.Context, c *cli.Command, out *output) error {
	if c.Args().Len() != 1 {
		return usagef(c, "compare takes one SCENARIO, not %d", c.Args().Len())
	}
	if c.Duration("time") <= 0 {
		return usagef(c, "a time of %v: expected more than 0", c.Duration("time"))
	}
	f, err := loadFor(c, c.Args().First())
	if err != nil {
		return err
	}
	engines, err := enginesOf(c, f)
	if err != nil {
		return err
	}
	var list []*comparison
	for _, e := range engines {
		x, err := compareEngine(ctx, f, c.Args().First(), e, c.Duration("time"))
		if ctx.Err() != nil { // what is known of this engine is not all
			break
		}
		if err != nil {
			return err
		}
		list = append(list, x)
	}
	if c.Bool("json") {
		for _, x := range list {
			out.object(x)
		}
	} else {
		printComparison(out, f, list)
	}
	if len(list) < len(engines) {
		return fmt.Errorf("%w; %d of %d engines were compared", emu.ErrStopped, len(list), len(engines))
	}
	for _, x := range list {
		if c.Bool("require-exhausted") && (x.verdict == nil || !x.Exhausted) {
			return errViolated
		}
	}
	return nil
}

// enginesOf are the engines to compare: those asked for, or all of them and
// the file's own variant.
func enginesOf(c *cli.Command, f *scenario.File) ([]string, error) {
	text := c.String("engines")
	if text == "" {
		list := f.Engines()
		if strings.Contains(f.Machine.Engine, "+") {
			list = append(list, f.Machine.Engine)
		}
		return list, nil
	}
	list := strings.Split(text, ",")
	for _, e := range list {
		if err := checkEngine(c, f, e); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// comparison is what one engine makes of the scenario, and a line of --json.
type comparison struct {
	Type       string               `json:"type"` // "engine"
	V          int                  `json:"v"`
	Scenario   string               `json:"scenario"`
	Engine     string               `json:"engine"`
	Impossible string               `json:"impossible,omitempty"` // why it cannot be run
	Counts     *scenario.Counts     `json:"counts,omitempty"`
	Done       string               `json:"done,omitempty"`
	Violations []scenario.Violation `json:"violations,omitempty"` // of that run
	*verdict                        // of the search
	Schedules  uint64               `json:"schedules"`
	States     int                  `json:"states"`
	Found      *foundObject         `json:"found,omitempty"`
}

func compareEngine(ctx context.Context, f *scenario.File, name, engine string, d time.Duration) (*comparison, error) {
	x := &comparison{Type: "engine", V: story.Version, Scenario: name, Engine: engine}
	within, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	r, err := scenario.Open(within, f, scenario.Options{Engine: engine})
	if errors.Is(err, scenario.ErrNotPossible) {
		x.Impossible = err.Error()
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	counts, err := r.Count(within)
	if err != nil {
		return nil, err
	}
	x.Counts, x.Done, x.Violations = counts, r.Done(), r.Violations()
	return x, x.search(ctx, f, d)
}

// search adds what a search of the schedules finds.
func (x *comparison) search(ctx context.Context, f *scenario.File, d time.Duration) error {
	s := searchAll(f, x.Scenario, x.Engine, d)
	found, err := s.search(ctx)
	if err != nil {
		return err
	}
	x.verdict, x.Schedules, x.States = verdictOf(found.Report), found.Schedules, found.States
	if found.Found != nil {
		x.Found = s.foundOf(found)
	}
	return nil
}

// printComparison is the table, engines in columns, and the violations.
func printComparison(out *output, f *scenario.File, list []*comparison) {
	out.styled(story.Code, f.Title())
	fmt.Fprint(out, "\n\n")
	rows := []struct {
		title string
		value func(*scenario.Counts) string
	}{
		{"hits", func(n *scenario.Counts) string { return fmt.Sprint(n.Hits) }},
		{"misses", func(n *scenario.Counts) string { return fmt.Sprint(n.Missed) }},
		{"traps per hit", func(n *scenario.Counts) string { return n.TrapsPerHit() }},
		{"lock wait, steps", func(n *scenario.Counts) string { return fmt.Sprint(n.LockWait) }},
		{"steps", func(n *scenario.Counts) string { return fmt.Sprint(n.Steps) }},
	}
	fmt.Fprintf(out, "%-18s", "")
	for _, x := range list {
		fmt.Fprintf(out, " %*s", max(len(x.Engine), columnWidth), x.Engine)
	}
	for _, r := range rows {
		fmt.Fprintf(out, "\n%-18s", r.title)
		for _, x := range list {
			v := "-"
			if x.Counts != nil {
				v = r.value(x.Counts)
			}
			fmt.Fprintf(out, " %*s", max(len(x.Engine), columnWidth), v)
		}
	}
	fmt.Fprint(out, "\n")
	for _, x := range list {
		fmt.Fprintf(out, "\n%s: ", x.Engine)
		x.print(out)
	}
}

const columnWidth = 8

// print tells what was violated and what the search says.
func (x *comparison) print(out *output) {
	if x.Impossible != "" {
		fmt.Fprintf(out, "%s\n", x.Impossible)
		return
	}
	fmt.Fprintf(out, "%s\n", x.Done)
	for _, v := range x.Violations {
		out.styled(story.Alarm, "  violated")
		fmt.Fprintf(out, " %s\n", v)
	}
	switch {
	case x.Found != nil:
		out.styled(story.Alarm, "  a schedule violates")
		fmt.Fprintf(out, " %s: %s", x.Found.Property, x.Found.Text)
		if x.Found.Row != "" {
			fmt.Fprintf(out, " (%s)", x.Found.Row)
		}
		fmt.Fprintf(out, "\n    %s\n", x.Found.Command)
	case x.Exhausted:
		fmt.Fprintf(out, "  no schedule violates anything: %d schedules, %d states\n", x.Schedules, x.States)
	default:
		fmt.Fprintf(out, "  no violation in %d schedules, %d states\n", x.Schedules, x.States)
	}
	fmt.Fprintf(out, "  %s\n", x.Verdict)
}
