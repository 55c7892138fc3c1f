package main

import (
	"context"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"trapline/internal/atomicfile"
	"trapline/internal/printable"
	"trapline/internal/story"
	"trapline/internal/sweep"
)

func mergeCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "put the files of a sweep together",
		ArgsUsage: "FILE…",
		Description: `Reads files that parts of one sweep have written, and prints a summary. What is merged does not depend on how the
sweep was cut, ended and resumed.

Exit status 1: a search is missing, or found a violation that its file does not expect.

EXAMPLES:
   trapline merge part*.jsonl
   trapline merge part*.jsonl -o all.jsonl --junit all.xml`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the merged lines to `FILE`"},
			&cli.StringFlag{Name: "junit", Usage: "write JUnit's XML to `FILE`"},
		},
		Action: func(ctx context.Context, c *cli.Command) error { return doMerge(ctx, c, out) },
	}
}

func doMerge(ctx context.Context, c *cli.Command, out *output) error {
	if !c.Args().Present() {
		return usagef(c, "merge takes at least one FILE")
	}
	var heads []sweep.Head
	var results [][]sweep.Result
	for _, name := range c.Args().Slice() {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		h, list, whole, err := sweep.Read(data)
		if err == nil && whole == 0 {
			err = sweep.ErrForeign
		}
		if err != nil {
			return fmt.Errorf("%s: %w", printable.Name(name), err)
		}
		heads, results = append(heads, h), append(results, list)
	}
	m, err := sweep.Merge(heads, results)
	if err != nil {
		return err
	}
	for _, w := range []struct {
		name string
		data func() []byte
	}{{c.String("output"), m.Bytes}, {c.String("junit"), m.JUnit}} {
		if w.name == "" {
			continue
		}
		if err := atomicfile.Write(ctx, w.name, w.data()); err != nil {
			return fmt.Errorf("write %s: %w", printable.Name(w.name), err)
		}
	}
	if printMerged(out, m) {
		return errViolated
	}
	return nil
}

// printMerged is the summary. It reports whether something went wrong.
func printMerged(out *output, m *sweep.Merged) (bad bool) {
	outcomes := []string{sweep.Holds, sweep.Violated, sweep.Undecided, sweep.Impossible, sweep.Failed}
	fmt.Fprintf(out, "%-20s", "engine")
	for _, o := range outcomes {
		fmt.Fprintf(out, " %10s", o)
	}
	for _, e := range append(m.Engines(), "") {
		name := e
		if e == "" {
			name = "all"
		}
		fmt.Fprintf(out, "\n%-20s", name)
		for _, o := range outcomes {
			fmt.Fprintf(out, " %10d", m.Count(e, o))
		}
	}
	fmt.Fprint(out, "\n")
	for _, r := range m.Results {
		if r.Outcome == sweep.Failed {
			bad = true
			fmt.Fprintf(out, "failed %s: %s\n", printable.Name(r.Key.String()), r.Text)
		}
		if r.Outcome != sweep.Violated {
			continue
		}
		if r.Expected {
			fmt.Fprintf(out, "as its file says, ")
		} else {
			bad = true
		}
		out.styled(story.Alarm, "violated")
		fmt.Fprintf(out, " %s: %s: %s\n  %s\n", printable.Name(r.Key.String()), r.Property, r.Text, r.Command())
		if r.Places != "" {
			fmt.Fprintf(out, "  %s%s\n", placesWord, r.Places)
		}
	}
	if n := m.Missing(); n > 0 {
		out.styled(story.Alarm, fmt.Sprintf("%d of %d searches are missing.\n", n, m.Head.Searches))
		return true
	}
	return bad
}
