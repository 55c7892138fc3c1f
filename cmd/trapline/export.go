package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/printable"
	"trapline/internal/tui/export"
	"trapline/internal/tui/walk"
)

func exportCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write a walk-through as a web page, a picture, a text or a cast",
		ArgsUsage: "SCENARIO|RECORDING",
		Description: `The ending of FILE says what is written:
   .html   one page with everything in it, walked through by keys and buttons; it needs no network. Of a run that is too
           long it has the hits of probes; --from, --to and --hits choose. What is left out is said.
   .svg    the timeline
   .txt    the story
   .cast   for asciinema

EXAMPLES:
   trapline export first-probe -o hit.html
   trapline export hit.tlr -o hit.svg
   trapline export program.tlr -o hits.html --hits
   trapline export smp-missed-probe -o race.html --live bin/web/index.html`,
		Flags: append(walkFlags(),
			&cli.Uint64Flag{Name: "from", Usage: "of a page: begin at step `N`"},
			&cli.Uint64Flag{Name: "to", Usage: "of a page: end at step `N`"},
			&cli.StringFlag{Name: "live", Usage: "of a page: with the machine in it, taken from `PAGE`, which make web writes"},
			&cli.BoolFlag{Name: "hits", Usage: "of a page: only the hits of probes, with some steps around each"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Required: true, Usage: "write to `FILE`, whole or not at all"}),
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
	choice := c.IsSet("from") || c.IsSet("to") || c.IsSet("hits")
	if filepath.Ext(name) != ".html" && (choice || c.IsSet("live")) {
		return usagef(c, "--from, --to, --hits and --live are of a page; expected a name that ends in .html, not %q", name)
	}
	if choice && c.IsSet("live") {
		return usagef(c, "--from, --to and --hits choose what is played back; a page with --live has the whole run")
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
	data, left, err := exported(ctx, c, w, name)
	if err != nil {
		return notWritten(name, err)
	}
	if err := writeOutput(ctx, c, target, data); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d bytes\n", printable.Name(name), len(data))
	if left != "" {
		fmt.Fprintln(out, left)
	}
	return nil
}

// exported is the content of the file, and what is left out of it.
func exported(ctx context.Context, c *cli.Command, w *walk.Walk, name string) (data []byte, left string, err error) {
	if c.IsSet("live") {
		page, err := os.ReadFile(c.String("live"))
		if err != nil {
			return nil, "", err
		}
		data, err := export.Live(ctx, w, page)
		return data, "", err
	}
	return export.Export(ctx, w, name, export.Choice{From: c.Uint64("from"), To: c.Uint64("to"), Hits: c.Bool("hits")})
}
