package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// filesNamed checks files that a text names, and the names in them: `FILE: NAME, NAME`.
func filesNamed(t *testing.T, text string) (files int) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, m := range regexp.MustCompile("`([a-z][\\w./-]*/[\\w.-]+)(?:: ([^`]+))?`").FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "NAME") {
			continue // a placeholder
		}
		files++
		file := filepath.Join(root, m[1])
		if _, err := os.Stat(file); !assert.NoError(t, err) || m[2] == "" {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range strings.Split(m[2], ", ") {
			defined := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|var |type )` + name + `\b`)
			assert.True(t, defined.Match(source), "no %s in %s", name, m[1])
		}
	}
	return files
}

// TestContributingNamesWhatExists: files, the names in them, and tests.
func TestContributingNamesWhatExists(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	files := filesNamed(t, string(text))
	assert.Greater(t, files, 30)
	tests := regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(text), -1)
	for _, name := range tests {
		found := false
		for _, dir := range []string{"internal/emu", "internal/linux", "internal/kprobes", "internal/scenario"} {
			found = found || hasTest(t, filepath.Join(root, dir), name)
		}
		assert.True(t, found, "no %s", name)
	}
}

// TestFlowsNameWhatExists: the three flows in docs/architecture.md, hop by hop.
func TestFlowsNameWhatExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "architecture.md"))
	require.NoError(t, err)
	_, flows, ok := strings.Cut(string(text), "\n## Three flows\n")
	require.True(t, ok)
	flows, _, _ = strings.Cut(flows, "\n## ")
	assert.GreaterOrEqual(t, filesNamed(t, flows), 30)
	hops := regexp.MustCompile("`[a-z][\\w./-]*/[\\w.-]+: [^`]+`").FindAllString(flows, -1)
	for i, hop := range hops {
		assert.NotContains(t, hops[:i], hop, "a hop twice")
	}
}
