package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/scenarios"
)

var codeRef = regexp.MustCompile("`([^`:]+): ([^`]+)`")

// TestPatchMapIsTrue: every row of the processor, of the engines, of uprobes,
// of events and of schedules is in docs/patch-map.md once, with code, scenarios and tests that
// exist.
func TestPatchMapIsTrue(t *testing.T) {
	root := filepath.Join("..", "..")
	doc, err := os.ReadFile(filepath.Join(root, "docs", "patch-map.md"))
	require.NoError(t, err)
	rows := map[string][]string{}
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(strings.Trim(line, "|\n "), "|")
		if len(cells) != 6 || !regexp.MustCompile(`^[PKMOSUEGV][0-9]+ $`).MatchString(cells[0]) {
			continue
		}
		id := strings.TrimSpace(cells[0])
		assert.NotContains(t, rows, id, "twice")
		rows[id] = cells
	}
	want := slices.Concat(ids("P", 1, 13), ids("K", 0, 25), ids("M", 1, 6), ids("O", 1, 6), ids("U", 1, 16), ids("E", 1, 8), ids("S", 1, 6), ids("G", 0, 0), ids("V", 5, 5))
	for _, id := range want {
		if assert.Contains(t, rows, id) {
			checkRow(t, root, id, rows[id])
		}
	}
}

func ids(letter string, from, to int) []string {
	var l []string
	for i := from; i <= to; i++ {
		l = append(l, fmt.Sprintf("%s%d", letter, i))
	}
	return l
}

func checkRow(t *testing.T, root, id string, cells []string) {
	t.Helper()
	code := codeRef.FindAllStringSubmatch(cells[3], -1)
	assert.NotEmpty(t, code, "%s has no code", id)
	for _, ref := range code {
		text, err := os.ReadFile(filepath.Join(root, ref[1]))
		if !assert.NoError(t, err, id) {
			continue
		}
		for _, name := range strings.Split(ref[2], ", ") {
			defined := regexp.MustCompile(`(?m)(^func (\([^)]*\) )?|FUNC )` + name + `\b`)
			assert.True(t, defined.Match(text), "%s: no %s in %s", id, name, ref[1])
		}
	}
	for _, name := range strings.Split(strings.TrimSpace(cells[4]), ", ") {
		assert.True(t, name == "" || slices.Contains(scenarios.Names(), name), "%s: no scenario %q", id, name)
	}
	tests := codeRef.FindAllStringSubmatch(cells[5], -1)
	assert.NotEmpty(t, tests, "%s has no test", id)
	for _, ref := range tests {
		for _, name := range strings.Split(ref[2], ", ") {
			assert.True(t, hasTest(t, filepath.Join(root, ref[1]), name), "%s: no %s in %s", id, name, ref[1])
		}
	}
}

// hasTest reports whether a folder has a test whose name begins so and does
// not go on with a digit.
func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		if regexp.MustCompile(`func ` + name + `[^0-9]`).Match(text) {
			return true
		}
	}
	return false
}
