package main

import (
	"context"
	"errors"
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/urfave/cli/v3"

	"trapline/tui"
	"trapline/tui/walk"
)

func tuiCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "tui",
		Usage:     "walk through a scenario or a recording, forwards and backwards",
		ArgsUsage: "SCENARIO|RECORDING",
		Description: `Right steps, left goes back, ? shows every key that does something now.

EXAMPLES:
   trapline tui first-probe
   trapline tui reentry-lost --engine 2005
   trapline tui hit.tlr`,
		Flags: append(walkFlags(),
			&cli.Uint64Flag{Name: "at", Usage: "begin at step `N`"}),
		ShellComplete: completeScenarios(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doTUI(ctx, c) },
	}
}

func doTUI(ctx context.Context, c *cli.Command) error {
	if c.Args().Len() != 1 {
		return usagef(c, "tui takes one SCENARIO or RECORDING, not %d", c.Args().Len())
	}
	if !term.IsTerminal(os.Stdin.Fd()) || !term.IsTerminal(os.Stdout.Fd()) {
		return usagef(c, "tui needs a terminal; trapline run tells the story without one, trapline export makes a page")
	}
	return showTUI(ctx, c, c.Args().First(), nil)
}

// showTUI opens the UI on the terminal.
func showTUI(ctx context.Context, c *cli.Command, name string, questions []tui.Question) error {
	w, err := openTarget(ctx, c, name, walk.DefaultRecord)
	if err != nil {
		return err
	}
	m, err := tui.NewOn(ctx, w, tui.Options{
		Options: walk.Options{Options: w.Run.Options, Record: walk.DefaultRecord},
		Start:   c.Uint64("at"), Questions: questions, Panic: os.Getenv("TRAPLINE_TEST_PANIC") != "",
	})
	if err != nil {
		return err
	}
	defer m.Close()
	err = tui.Run(m, os.Stdin, os.Stdout)
	if errors.Is(err, tui.ErrPanic) {
		return reported(exitInternal) // it said why, once the terminal was restored
	}
	return err
}
