package main

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/urfave/cli/v3"

	"trapline/internal/atomicfile"
	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/printable"
	"trapline/internal/scenario"
	"trapline/internal/tui/course"
)

func checkCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "validate scenario files",
		ArgsUsage: "FILE…",
		Description: `Reads each file, assembles its source or compares its listing, builds its machine, runs its golden steps and checks and
the schedules that it keeps, and makes the searches that it asks for. Of a lesson it carries out the proofs, and shows that each task
can be solved and is not solved already. With --write the listing and the golden outputs are written into the file as they are now.

EXAMPLES:
   trapline check *.txtar
   trapline check --write my.txtar              after a change of its source
   trapline check --require-exhausted *.txtar   search their schedules too, which must all be fine`,
		ShellComplete: completeFiles(out, scenarioFiles),
		Flags: []cli.Flag{
			processorFlag(),
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write text.lst and golden steps anew"},
			&cli.BoolFlag{Name: "require-exhausted", Usage: "search the schedules too, for at most the file's time; exit 1 unless every one was covered and holds"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if !c.Args().Present() {
				return usagef(c, "check takes at least one FILE")
			}
			return doCheck(ctx, out, c)
		},
	}
}

// doCheck reports every file; the worst decides the exit status. An interruption ends it between two files or in one.
func doCheck(ctx context.Context, out *output, c *cli.Command) error {
	worst, stderr := exitHeld, c.Root().ErrWriter
	for i, name := range c.Args().Slice() {
		err := emu.Ended(ctx)
		if err == nil && c.Bool("write") {
			err = rewrite(ctx, name)
		}
		if err == nil {
			err = checkFile(ctx, out, c, name)
		}
		if err == nil && c.Bool("require-exhausted") {
			err = checkSchedules(ctx, out, c, name)
		}
		if err == nil {
			fmt.Fprintf(out, "%s: ok\n", printable.Name(name))
		}
		if err != nil && ctx.Err() != nil {
			return fmt.Errorf("%w in %s; %d of %d files were checked", emu.ErrStopped, printable.Name(name), i, c.Args().Len())
		}
		worst = max(worst, report(stderr, err))
	}
	if worst != exitHeld {
		return reported(worst)
	}
	return nil
}

func checkFile(ctx context.Context, out *output, c *cli.Command, name string) error {
	f, err := loadFor(c, name)
	if err != nil {
		return err
	}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	failures, err := scenario.CheckSteps(ctx, f, false)
	if err != nil {
		return err
	}
	r, err := scenario.Open(ctx, f, scenario.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Finish(ctx, nil); err != nil {
		return err
	}
	failures = append(failures, r.Judge(true)...)
	judge := func(x scenario.Shown) { failures = append(failures, x.Failures()...) }
	if err := scenario.CheckSchedules(ctx, f, judge); err != nil {
		return err
	}
	if err := scenario.CheckSearches(whole, f, explore.Options{Jobs: runtime.NumCPU()}, judge); err != nil {
		return err
	}
	unproved, err := checkLesson(whole, f)
	if err != nil {
		return err
	}
	failures = append(failures, unproved...)
	for _, x := range failures {
		fmt.Fprintf(out, "%s:%d: %s\n", f.Name, x.Pos.Line, x.Text)
	}
	if len(failures) > 0 {
		return errViolated
	}
	return nil
}

// checkLesson carries out the proofs of the file's own lesson, if it has one, and shows that its tasks can be solved.
func checkLesson(ctx context.Context, f *scenario.File) (failures []scenario.Failure, err error) {
	l, err := course.Own(f)
	if err != nil || l == nil {
		return nil, err
	}
	wrong, err := l.Prove(ctx, explore.Options{Jobs: runtime.NumCPU()})
	for _, u := range wrong {
		failures = append(failures, scenario.Failure{Pos: u.Pos, Text: u.String()})
	}
	return failures, err
}

// checkSchedules searches the schedules of a file and fails unless it saw all.
func checkSchedules(ctx context.Context, out *output, c *cli.Command, name string) error {
	f, err := loadFor(c, name)
	if err != nil {
		return err
	}
	x, err := searchAll(f, name, f.Machine.Engine, f.Machine.Time).search(ctx)
	if err != nil {
		return err
	}
	v := x.Verdict()
	fmt.Fprintf(out, "%s: %v\n", name, v)
	if x.Found != nil {
		fmt.Fprintf(out, "%s: a schedule violates %s: %s\n", name, x.Violation.Property, x.Violation.Text)
	}
	if !v.Exhausted {
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
		_, listing, err := scenario.Assemble(ctx, f.File)
		if err != nil {
			return err
		}
		f.SetListing(listing)
	}
	if _, err := scenario.CheckSteps(ctx, f, true); err != nil {
		return err
	}
	if err := atomicfile.Write(ctx, name, f.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", printable.Name(name), err)
	}
	return nil
}
