package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"trapline/internal/scenario"
	"trapline/internal/story"
)

func listCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the built-in scenarios",
		Description: `EXAMPLES:
   trapline list
   trapline run "$(trapline list --names | head -1)"`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "names", Usage: "names only, one a line"}},
		Action: func(_ context.Context, c *cli.Command) error {
			if c.Args().Present() {
				return usagef(c, "list takes no arguments")
			}
			return doList(out, c.Bool("names"))
		},
	}
}

func doList(out *output, namesOnly bool) error {
	list, err := scenario.Library()
	if err != nil {
		return err
	}
	group, width := "", 0
	for _, b := range list {
		width = max(width, len(b.Name))
	}
	for _, b := range list {
		if namesOnly {
			fmt.Fprintln(out, b.Name)
			continue
		}
		if b.Group != group {
			group = b.Group
			out.styled(story.Code, group+"\n")
		}
		out.styled(story.Place, fmt.Sprintf("  %-*s ", width, b.Name))
		fmt.Fprintln(out, b.Title)
	}
	return nil
}
