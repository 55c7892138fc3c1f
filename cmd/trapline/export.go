package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/emu"
	"trapline/emu/printable"
	"trapline/tui/export"
	"trapline/tui/walk"
)

func exportCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write a walk-through as a web page, a picture, a text or a cast",
		ArgsUsage: "SCENARIO|RECORDING",
		Description: `The ending of FILE says what is written:
   .html   one page with everything in it, walked through by keys and buttons; it needs no network
   .svg    the timeline
   .txt    the story
   .cast   for asciinema

EXAMPLES:
   trapline export first-probe -o hit.html
   trapline export hit.tlr -o hit.svg`,
		Flags:         append(walkFlags(), &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Required: true, Usage: "write to `FILE`, whole or not at all"}),
		ShellComplete: completeWalks(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doExport(ctx, c, out) },
	}
}

func doExport(ctx context.Context, c *cli.Command, out *output) error {
	if c.Args().Len() != 1 {
		return usagef(c, "export takes one SCENARIO or RECORDING, not %d", c.Args().Len())
	}
	name := c.String("output")
	if !slices.Contains(export.Formats, filepath.Ext(name)) {
		return usagef(c, "cannot export to %q; expected a name that ends in one of %s", name, strings.Join(export.Formats, " "))
	}
	target, err := openOutput(c)
	if err != nil {
		return err
	}
	defer target.Close()
	w, err := openTarget(ctx, c, c.Args().First(), walk.DefaultRecord)
	if errors.Is(err, emu.ErrStopped) {
		return notWritten(name, err)
	}
	if err != nil {
		return err
	}
	defer w.Close()
	data, err := export.Export(ctx, w, name)
	if err != nil {
		return notWritten(name, err)
	}
	if err := writeOutput(ctx, c, target, data); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d bytes\n", printable.Name(name), len(data))
	return nil
}
