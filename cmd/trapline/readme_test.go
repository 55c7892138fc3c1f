package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
)

// TestReadmeExcerptIsReal: what the README shows is what the program prints.
func TestReadmeExcerptIsReal(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "<!-- from: trapline run first-probe -->\n```\n")
	require.True(t, ok)
	excerpt, _, ok := strings.Cut(rest, "```\n")
	require.True(t, ok)
	var out, errs bytes.Buffer
	require.Equal(t, exitHeld, run([]string{"trapline", "run", "first-probe"}, &out, &errs), errs.String())
	assert.Contains(t, out.String(), excerpt)
}

// A newcomer finds every command there, and scenarios that there are.
func TestReadmeNamesEveryCommand(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	shown := map[string]bool{}
	for line := range strings.Lines(string(readme)) {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "    bin/trapline ") {
			continue
		}
		shown[words[1]] = true
		switch words[1] {
		case "run", "tui", "explore", "compare", "record", "export":
			if !strings.HasSuffix(words[2], scenario.Ext) {
				_, err := scenario.Load(words[2])
				assert.NoError(t, err, line)
			}
		}
	}
	for _, c := range commands(newOutput(io.Discard), io.Discard) {
		assert.True(t, shown[c.Name] || c.Name == "version", "the README shows no %s", c.Name)
		delete(shown, c.Name)
	}
	assert.Empty(t, shown, "no such commands")
}

// Each target of make that the README names is there.
func TestReadmeNamesTargetsThatAreThere(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	require.NoError(t, err)
	for _, m := range regexp.MustCompile("`make ([a-z-]+)`").FindAllStringSubmatch(string(readme), -1) {
		assert.Contains(t, string(makefile), "\n"+m[1]+":")
	}
}
