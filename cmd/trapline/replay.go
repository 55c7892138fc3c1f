package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	"trapline/internal/printable"
	"trapline/internal/record"
	"trapline/internal/tui/walk"
)

func replayCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "replay",
		Usage:     "make a recorded run again and compare its states",
		ArgsUsage: "FILE",
		Description: `Makes every step of the recording again and compares the hash of the state at each recorded moment. The exit
status is 0 if all are equal, 1 if the replay went another way, 2 if the file is no recording or damaged, 130 if it was
interrupted.

EXAMPLE:
   trapline record first-probe -o hit.tlr && trapline replay hit.tlr`,
		ShellComplete: completeFiles(out, recordingFiles),
		Flags:         []cli.Flag{processorFlag()},
		Action:        func(ctx context.Context, c *cli.Command) error { return doReplay(ctx, c, out) },
	}
}

func doReplay(ctx context.Context, c *cli.Command, out *output) error {
	if c.Args().Len() != 1 {
		return usagef(c, "replay takes one FILE, not %d", c.Args().Len())
	}
	processor, err := processorOf(c)
	if err != nil {
		return err
	}
	name := c.Args().First()
	f, err := decodeRecording(name)
	if err != nil {
		return err
	}
	w, err := walk.Replay(ctx, f, processor)
	var diverged *record.DivergedError
	if errors.As(err, &diverged) {
		fmt.Fprintf(out, "%s: %v\n", printable.Name(name), diverged)
		return errViolated
	}
	if err != nil {
		return fmt.Errorf("%s: %w", printable.Name(name), err)
	}
	defer w.Close()
	fmt.Fprintf(out, "%s: %d steps of %s under engine %s, %d states compared: all equal\n",
		printable.Name(name), f.Steps(), printable.Name(f.Name), printable.Name(f.Engine), len(f.Hashes))
	return nil
}
