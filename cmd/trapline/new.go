package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/atomicfile"
	"trapline/internal/printable"
	"trapline/internal/scenario"
)

//go:embed template.txtar
var template []byte

//go:embed template-program.txtar
var programTemplate []byte

//go:embed template-race.txtar
var raceTemplate []byte

func newCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "new",
		Usage:     "write a scenario to start from",
		ArgsUsage: "NAME",
		Description: `Writes NAME` + scenario.Ext + ` (NAME may have a folder). A file that is there already is left alone.

EXAMPLES:
   trapline new my-probe && trapline run my-probe.txtar
   trapline new --race my-race && trapline explore my-race.txtar --pin
   trapline new --program my-uprobe && trapline run my-uprobe.txtar`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "program", Usage: "of a Linux program under uprobes, not of kernel code"},
			&cli.BoolFlag{Name: "race", Usage: "of two CPUs that race, for trapline explore"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			if c.Args().Len() != 1 {
				return usagef(c, "new takes one NAME, not %d", c.Args().Len())
			}
			return doNew(ctx, c, out, c.Args().First())
		},
	}
}

func doNew(ctx context.Context, c *cli.Command, out *output, name string) error {
	file := name
	if !strings.HasSuffix(file, scenario.Ext) {
		file += scenario.Ext
	}
	if base := filepath.Base(file); base == scenario.Ext {
		return usagef(c, "%q is no name", name)
	}
	if _, err := os.Lstat(file); err == nil {
		return usagef(c, "%s is there already; expected a new name", printable.Name(file))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, next := template, "run"
	switch {
	case c.Bool("program") && c.Bool("race"):
		return usagef(c, "--program and --race: expected one of them")
	case c.Bool("program"):
		text = programTemplate
	case c.Bool("race"):
		text, next = raceTemplate, "explore"
	}
	if err := atomicfile.Write(ctx, file, text); err != nil {
		return fmt.Errorf("write %s: %w", printable.Name(file), err)
	}
	fmt.Fprintf(out, "%s is written. Next: trapline %s %s\n", printable.Name(file), next, printable.ShellWord(file))
	return nil
}
