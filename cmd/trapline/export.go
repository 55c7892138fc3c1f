package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/scenarios"
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
		ShellComplete: completeScenarios(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doExport(ctx, c, out) },
	}
}

func doExport(ctx context.Context, c *cli.Command, out *output) error {
	if c.Args().Len() != 1 {
		return usagef(c, "export takes one SCENARIO or RECORDING, not %d", c.Args().Len())
	}
	name := c.String("output")
	if !slices.Contains(export.Formats, filepath.Ext(name)) {
		return usagef(c, "cannot export to %s; expected a name that ends in one of %s", name, strings.Join(export.Formats, " "))
	}
	w, err := openTarget(ctx, c, c.Args().First(), walk.DefaultRecord)
	if err != nil {
		return err
	}
	defer w.Close()
	data, err := export.Export(ctx, w, name)
	if err != nil {
		return err
	}
	if err := scenarios.WriteFile(name, data); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	fmt.Fprintf(out, "%s: %d bytes\n", name, len(data))
	return nil
}
