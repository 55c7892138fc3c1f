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

// TestContributingNamesWhatExists: files, the names in them, and tests.
func TestContributingNamesWhatExists(t *testing.T) {
	root := filepath.Join("..", "..")
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	files := 0
	for _, m := range regexp.MustCompile("`([a-z][\\w./-]*/[\\w.-]+)(?:: ([^`]+))?`").FindAllStringSubmatch(string(text), -1) {
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
