package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/docs"
	"trapline/internal/scenario"
)

func allRows(t *testing.T) []docs.Row {
	t.Helper()
	groups, err := docs.Groups()
	require.NoError(t, err)
	var rows []docs.Row
	for _, g := range groups {
		rows = append(rows, g.Rows...)
	}
	return rows
}

// TestPatchMapIsTrue: every row of docs/semantics.md that is implemented, and
// no other, is in docs/patch-map.md, with code, scenarios and tests that exist.
func TestPatchMapIsTrue(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, r := range allRows(t) {
		if assert.Equal(t, r.Implemented(), len(r.Code) > 0, `%s: its line in semantics.md begins "Today: %s"; is it in patch-map.md?`, r.ID, r.Today) {
			checkRow(t, root, r)
		}
	}
}

func checkRow(t *testing.T, root string, r docs.Row) {
	t.Helper()
	for _, ref := range r.Code {
		text, err := os.ReadFile(filepath.Join(root, ref.Path))
		if !assert.NoError(t, err, r.ID) {
			continue
		}
		for _, name := range ref.Names {
			defined := regexp.MustCompile(`(?m)(^func (\([^)]*\) )?|FUNC |^[a-z][\w ]*[ *])` + name + `\b`)
			assert.True(t, defined.Match(text), "%s: no %s in %s", r.ID, name, ref.Path)
		}
	}
	for _, name := range r.Scenarios {
		assert.True(t, slices.Contains(scenario.Names(), name), "%s: no scenario %q", r.ID, name)
	}
	for _, ref := range r.Tests {
		for _, name := range ref.Names {
			assert.True(t, hasTest(t, filepath.Join(root, ref.Path), name), "%s: no %s in %s", r.ID, name, ref.Path)
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
