package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v3"

	"trapline/internal/atomicfile"
	"trapline/internal/emu"
	"trapline/internal/printable"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/sched"
	"trapline/internal/tui/walk"
)

func recordCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "record",
		Usage:     "run a scenario and write it down as one file",
		ArgsUsage: "SCENARIO | -- PROGRAM [ARGS…] [--and PROGRAM [ARGS…]]…",
		Description: `The file holds the scenario, the engine, who took each step, and hashes of the states: trapline replay makes
the run again on any machine, and trapline tui walks through it. docs/recording-format.md has the bytes.

A Linux program, ELF or a script, can be recorded in place of a scenario, under uprobe events (-p, -f). The program, its
arguments and environment, standard input, and the files that its arguments name go into the recording.

EXAMPLES:
   trapline record first-probe -o hit.tlr
   trapline record reentry-lost --engine 2005 -o nested.tlr && trapline replay nested.tlr
   trapline record -p 'p:main ./prog:main' -o prog.tlr -- ./prog 3 && trapline tui prog.tlr`,
		DisableSliceFlagSeparator: true, // a comma may be part of a line
		Flags: append(append(walkFlags(), hostProgramFlags()...),
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Required: true, Usage: "write to `FILE`, whole or not at all"},
			&cli.Uint64Flag{Name: "steps", Value: record.MaxSteps, Usage: "at most `N` steps"}),
		ShellComplete: completeScenarios(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doRecord(ctx, c, out) },
	}
}

// walkFlags are those of every command that opens a scenario to walk through.
func walkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "engine", Aliases: []string{"e"}, Usage: engineUsage("under")},
		&cli.StringFlag{Name: "schedule", Usage: "let the vCPUs take their steps as `SCHEDULE` says, such as explore prints it"},
		&cli.BoolFlag{Name: "direct", Usage: "do the kernel's work without its text: fewer steps"},
		processorFlag(),
		modelFlag(),
		splitFlag(),
	}
}

// notWritten is the error with which a command ends before it writes its file.
func notWritten(name string, err error) error {
	return fmt.Errorf("%w; %s is not written", err, printable.Name(name))
}

// openOutput finds out whether a command's file can be written, before it runs.
func openOutput(c *cli.Command) (*atomicfile.Target, error) {
	t, err := atomicfile.Open(c.String("output"))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", printable.ShellWord(c.String("output")), err)
	}
	return t, nil
}

// writeOutput writes the command's file.
func writeOutput(ctx context.Context, c *cli.Command, t *atomicfile.Target, data []byte) error {
	err := t.Write(ctx, data)
	if cerr := t.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", printable.ShellWord(c.String("output")), err)
	}
	return nil
}

func doRecord(ctx context.Context, c *cli.Command, out *output) error {
	open := openTraced
	if !takesProgram(c, out.args) {
		if c.Args().Len() != 1 {
			return usagef(c, "record takes one SCENARIO, not %d", c.Args().Len())
		}
		if err := onlyOfPrograms(c); err != nil {
			return err
		}
		open = func(ctx context.Context, c *cli.Command, steps uint64) (*walk.Walk, error) {
			return openScenario(ctx, c, c.Args().First(), steps)
		}
	}
	target, err := openOutput(c)
	if err != nil {
		return err
	}
	defer target.Close()
	name := c.String("output")
	w, err := open(ctx, c, c.Uint64("steps"))
	if errors.Is(err, emu.ErrStopped) {
		return notWritten(name, err)
	}
	if err != nil {
		return err
	}
	defer w.Close()
	f, err := w.Recording(ctx, "trapline "+version())
	if err != nil {
		return err
	}
	data, err := f.Encode()
	if err != nil {
		return err
	}
	if err := writeOutput(ctx, c, target, data); err != nil {
		return err
	}
	summary := fmt.Sprintf("%s: %d steps, %d bytes, state %016x. Next: trapline replay %s, trapline tui %s\n",
		printable.Name(name), f.Steps(), len(data), f.Hashes[len(f.Hashes)-1].Sum, printable.ShellWord(name), printable.ShellWord(name))
	if !takesProgram(c, out.args) {
		out.WriteString(summary)
		return nil
	}
	if err := w.Timeline.Goto(ctx, w.Timeline.End()); err != nil {
		return err
	}
	fmt.Fprint(c.Root().ErrWriter, summary) // standard output is the program's
	return passThrough(w)
}

// passThrough writes what the program of a walk has written so far, and gives its exit status if it has ended.
func passThrough(w *walk.Walk) error {
	stdout, stderr := w.Run.Streams()
	_, err := os.Stdout.Write(stdout)
	_, _ = os.Stderr.Write(stderr) // there is nobody to tell
	if err != nil {
		return &failure{outputFailure(err), exitUsage}
	}
	if status := w.Run.Status(); status != 0 {
		return reported(status)
	}
	return nil
}

// openScenario opens a scenario with the flags of walkFlags and records up to
// so many steps.
func openScenario(ctx context.Context, c *cli.Command, name string, steps uint64) (*walk.Walk, error) {
	f, err := loadFor(c, name)
	if err != nil {
		return nil, err
	}
	return openFile(ctx, c, f, steps)
}

// openTraced is openScenario for a program and its arguments.
func openTraced(ctx context.Context, c *cli.Command, steps uint64) (*walk.Walk, error) {
	f, err := hostProgramFile(ctx, c)
	if err == nil {
		err = underModel(c, f)
	}
	if err != nil {
		return nil, err
	}
	return openFile(ctx, c, f, steps)
}

func openFile(ctx context.Context, c *cli.Command, f *scenario.File, steps uint64) (*walk.Walk, error) {
	engine := c.String("engine")
	if err := checkEngine(c, f, engine); err != nil {
		return nil, err
	}
	o := scenario.Options{Engine: engine, Direct: c.Bool("direct")}
	w, err := walkScheduled(ctx, f, o, c.String("schedule"), steps)
	if errors.Is(err, sched.ErrOtherScenario) && !o.Direct {
		// A schedule of a search belongs to direct mode, which its checksum tells.
		o.Direct = true
		direct, derr := walkScheduled(ctx, f, o, c.String("schedule"), steps)
		if derr == nil {
			return direct, nil
		}
		if errors.Is(derr, scenario.ErrOtherText) {
			err = derr
		}
	}
	if errors.Is(err, errSchedule) {
		return nil, usageError(c, err)
	}
	return w, err
}

// errSchedule is the class of errors in a schedule that was given.
var errSchedule = errors.New("bad schedule")

// walkScheduled opens a walk, follows the schedule if there is one, and records
// up to so many steps.
func walkScheduled(ctx context.Context, f *scenario.File, so scenario.Options, schedule string, steps uint64) (*walk.Walk, error) {
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	w, err := walk.Open(ctx, f, walk.Options{Options: so})
	if err != nil {
		return nil, err
	}
	if schedule != "" {
		s, err := w.Run.ParseSchedule(schedule)
		if err == nil {
			err = w.Follow(ctx, s)
		} else {
			err = fmt.Errorf("%w: %w", errSchedule, err)
		}
		if err != nil {
			w.Close()
			return nil, err
		}
	}
	if err := w.Record(ctx, steps); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// readRecording reads a file if it is a recording; nil if it is something else.
func readRecording(name string) (*record.File, error) {
	if !isRecording(name) {
		return nil, nil // a built-in name, or load says what is wrong
	}
	return decodeRecording(name)
}

// isRecording reports whether there is a file that begins as a recording does.
func isRecording(name string) bool {
	return record.IsRecording(headOf(name, 64))
}

// headOf is up to n first bytes of a regular file; none of anything else.
func headOf(name string, n int) []byte {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	head := make([]byte, n)
	n, _ = io.ReadFull(file, head)
	return head[:n]
}

func decodeRecording(name string) (*record.File, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > record.MaxFileSize:
		return nil, fmt.Errorf("%s: expected a regular file of at most %d bytes", name, record.MaxFileSize)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := walk.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// openTarget opens SCENARIO|RECORDING.
func openTarget(ctx context.Context, c *cli.Command, name string, steps uint64) (*walk.Walk, error) {
	f, err := readRecording(name)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return openScenario(ctx, c, name, steps)
	}
	return openRecorded(ctx, c, name, f, walk.Replay)
}

// openRecorded opens the recording of a file's name, by a way to open one.
func openRecorded(ctx context.Context, c *cli.Command, name string, f *record.File, how func(context.Context, *record.File, emu.Processor) (*walk.Walk, error)) (*walk.Walk, error) {
	if c.IsSet("engine") || c.IsSet("schedule") || c.IsSet("direct") {
		return nil, usagef(c, "%s is a recording, which has its engine and schedule; --engine, --schedule and --direct are for scenarios", name)
	}
	p, err := processorOf(c)
	if err != nil {
		return nil, err
	}
	w, err := how(ctx, f, p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", printable.Name(name), err)
	}
	return w, nil
}
