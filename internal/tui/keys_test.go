package tui

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"trapline/internal/rigs/testkit"
)

// docs/walkthroughs/KEYS.md is made of the one table of commands.
func TestTheKeysDocumentIsFresh(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Keys of the terminal UI\n\n`?` shows those that do something now; `:` finds each by name.\n\n| | keys | what |\n|---|---|---|\n")
	for _, c := range commands() {
		keys := strings.ReplaceAll(c.allKeys(), "|", "\\|")
		fmt.Fprintf(&b, "| %s | `%s` | %s |\n", c.group, strings.Join(strings.Fields(keys), "` `"), c.help)
	}
	b.WriteString("\nMouse: drag along the timeline to scrub, turn the wheel over it to step and over a panel to scroll, click a line of\ncode for a breakpoint, click the title of the slot for its next panel.\n")
	file := filepath.Join("..", "..", "docs", "walkthroughs", "KEYS.md")
	testkit.Golden(t, file, b.String())
}
