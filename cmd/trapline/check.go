package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v3"

	"trapline/scenarios"
)

func checkCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "validate scenario files",
		ArgsUsage: "FILE…",
		Description: `Reads each file, assembles its source or compares its listing, builds its machine, and runs its golden steps and
checks. With --write the listing and the golden outputs are written into the file as they are now.

EXAMPLES:
   trapline check *.txtar
   trapline check --write my.txtar              after a change of its source`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write text.lst and golden steps anew"}},
		Action: func(ctx context.Context, c *cli.Command) error {
			if !c.Args().Present() {
				return usagef(c, "check takes at least one FILE")
			}
			return doCheck(ctx, out, c.Root().ErrWriter, c.Args().Slice(), c.Bool("write"))
		},
	}
}

// doCheck reports every file; the worst decides the exit status.
func doCheck(ctx context.Context, out *output, stderr io.Writer, files []string, write bool) error {
	worst := exitHeld
	for _, name := range files {
		var err error
		if write {
			err = rewrite(ctx, name)
		}
		if err == nil {
			err = checkFile(ctx, out, name)
		}
		if err == nil {
			fmt.Fprintf(out, "%s: ok\n", name)
		}
		worst = max(worst, report(stderr, err))
	}
	if worst != exitHeld {
		return reported(worst)
	}
	return nil
}

func checkFile(ctx context.Context, out *output, name string) error {
	f, err := load(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	failures, err := scenarios.CheckSteps(ctx, f, false)
	if err != nil {
		return err
	}
	r, err := scenarios.Open(ctx, f, scenarios.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Finish(ctx, nil); err != nil {
		return err
	}
	failures = append(failures, r.Judge(true)...)
	for _, x := range failures {
		fmt.Fprintf(out, "%s:%d: %s\n", f.Name, x.Pos.Line, x.Text)
	}
	if len(failures) > 0 {
		return errViolated
	}
	return nil
}

// rewrite brings a file's listing and golden steps up to date.
func rewrite(ctx context.Context, name string) error {
	if _, err := os.Stat(name); err != nil {
		return fmt.Errorf("%s: --write needs a file of your own: %w", name, err)
	}
	f, err := load(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	if f.Source != nil {
		_, listing, err := scenarios.Assemble(ctx, f.File)
		if err != nil {
			return err
		}
		f.SetListing(listing)
	}
	if _, err := scenarios.CheckSteps(ctx, f, true); err != nil {
		return err
	}
	if err := scenarios.WriteFile(name, f.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
