package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/urfave/cli/v3"

	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/litmus"
	"trapline/internal/printable"
	"trapline/internal/story"
)

func litmusCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "litmus",
		Usage:     "find every outcome of memory-order tests, under sequential consistency and x86-TSO",
		ArgsUsage: "FILE.litmus…",
		Description: `Reads tests of x86 (X86 or X86_64) as herd7 writes them, runs each on the machine under every schedule, and prints which
outcomes are possible if all vCPUs see memory alike (sc) and if each has a store buffer (tso), with a schedule for each.
run, explore, tui and record take the file too.

Exit status 1: under tso a test's ~exists or forall is not true.

EXAMPLES:
   trapline litmus sb.litmus
   trapline run sb.litmus --memory-model tso --schedule t2.9ee615.0x4,1x4,2,3`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "stores", Value: format.DefaultStores, Usage: "tso: store buffers of `N` stores"},
			&cli.IntFlag{Name: "jobs", Value: runtime.NumCPU(), Usage: "`N` workers; what is found does not depend on it"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "one line a test"},
			processorFlag(),
		},
		Action: func(ctx context.Context, c *cli.Command) error { return doLitmus(ctx, c, out) },
	}
}

func doLitmus(ctx context.Context, c *cli.Command, out *output) error {
	stores := c.Int("stores")
	switch {
	case c.Args().Len() == 0:
		return usagef(c, "litmus takes at least one FILE")
	case stores < 1 || stores > format.MaxStores:
		return usagef(c, "%d stores: expected 1 to %d", stores, format.MaxStores)
	case c.Int("jobs") < 1 || c.Int("jobs") > maxJobs:
		return usagef(c, "%d jobs: expected 1 to %d", c.Int("jobs"), maxJobs)
	}
	p, err := processorOf(c)
	if err != nil {
		return err
	}
	held := true
	for i, name := range c.Args().Slice() {
		t, err := readLitmus(name)
		if err != nil {
			return err
		}
		l := litmusTelling{out: out, name: name, test: t, stores: stores}
		o := litmus.Options{Processor: p, Search: explore.Options{Jobs: c.Int("jobs")}}
		if err := l.find(ctx, o); err != nil {
			return err
		}
		if c.Bool("quiet") {
			l.line()
		} else {
			if i > 0 {
				fmt.Fprintln(out)
			}
			l.table()
		}
		held = held && (t.Condition.Quantifier == litmus.Exists || l.confirmed(&l.tso))
	}
	if !held {
		return errViolated
	}
	return nil
}

// litmusTelling prints the outcomes of one test.
type litmusTelling struct {
	out     *output
	name    string
	test    *litmus.Test
	stores  int
	sc, tso litmus.Result
}

func (l *litmusTelling) find(ctx context.Context, o litmus.Options) error {
	for _, m := range []struct {
		into   *litmus.Result
		stores int
	}{{&l.sc, 0}, {&l.tso, l.stores}} {
		r, err := l.test.Outcomes(ctx, l.name, m.stores, o)
		if err != nil {
			return err
		}
		if !r.Verdict.Exhausted {
			return fmt.Errorf("%s: %v", l.name, r.Verdict)
		}
		*m.into = *r
	}
	return nil
}

func (l *litmusTelling) confirmed(r *litmus.Result) bool { return l.test.Confirmed(r.Outcomes()) }

// line is a test in one line.
func (l *litmusTelling) line() {
	fmt.Fprintf(l.out, "%-24s %s: sc %s, %s %s (%d and %d outcomes)\n", l.test.Name, l.test.Condition.Quantifier,
		yesNo(l.confirmed(&l.sc)), l.buffered(), yesNo(l.confirmed(&l.tso)), len(l.sc.Found), len(l.tso.Found))
}

// buffered is the model's name, with the size of store buffers that can be full.
func (l *litmusTelling) buffered() string {
	if l.test.Fits(l.stores) {
		return "tso"
	}
	return fmt.Sprintf("tso:%d", l.stores)
}

// table is a row an outcome: under tso there are all that sc has.
func (l *litmusTelling) table() {
	o, t := l.out, l.test
	o.styled(story.Code, t.Name)
	fmt.Fprintf(o, "\n%v %v\n\n", t.Condition.Quantifier, t.Condition.Formula)
	width := len("outcome")
	for _, f := range l.tso.Found {
		width = max(width, len(t.Show(f.Outcome)))
	}
	fmt.Fprintf(o, "  %-*s  %-4s %-4s schedule under tso\n", width, "outcome", "sc", "tso")
	for _, f := range l.tso.Found {
		mark := " "
		if t.Holds(f.Outcome) {
			mark = "*"
		}
		fmt.Fprintf(o, "%s %-*s  %-4s %-4s %s\n", mark, width, t.Show(f.Outcome), yesNo(l.sc.Has(f.Outcome)), "yes", f.Schedule)
	}
	fmt.Fprintf(o, "\n* the condition holds. sc: %s; %s: %s\n", l.claim(&l.sc), l.buffered(), l.claim(&l.tso))
	fmt.Fprintf(o, "%v\n", l.tso.Verdict)
	if len(l.tso.Found) > 0 {
		fmt.Fprintf(o, "again: trapline run %s --memory-model tso:%d --schedule SCHEDULE\n", printable.ShellWord(l.name), l.stores)
	}
}

// claim tells whether what the test claims is true under a model.
func (l *litmusTelling) claim(r *litmus.Result) string {
	holds := l.confirmed(r)
	switch {
	case l.test.Condition.Quantifier == litmus.Exists && holds:
		return "allowed"
	case l.test.Condition.Quantifier == litmus.Exists:
		return "forbidden"
	case holds:
		return "true"
	}
	return "not true"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
