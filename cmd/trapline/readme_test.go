package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
