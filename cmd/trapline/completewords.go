package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"
)

// bashWords replaces the function of the library's script that asks the package
// bash-completion for the words: where the package is missing nothing is completed
// without it, and the words that bash itself has will do.
const bashWords = `
__trapline_init_completion() { :; }
`

// completeInBash makes the script of bash need nothing but bash.
func completeInBash(completion *cli.Command) {
	for _, c := range completion.Commands {
		if c.Name != "bash" {
			continue
		}
		script := c.Action
		c.Action = func(ctx context.Context, c *cli.Command) error {
			if err := script(ctx, c); err != nil {
				return err
			}
			_, err := fmt.Fprint(c.Root().Writer, bashWords)
			return err
		}
	}
}
