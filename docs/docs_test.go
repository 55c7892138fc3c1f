package docs

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const page = `# Title

- **seed 000**: a mail
  of 2002.
- **5.12**, **6.1**: kernels.

## K. The patch

### K1: gates

One
two.

Three.

Source: seed 000; 6.1, do_int3
Today: partly; no vm86

### K2: stubs

Text.

Source: seed 000: entry.S
Today: no

## After
text
`

func TestParseRows(t *testing.T) {
	groups, err := parseRows(page)
	require.NoError(t, err)
	require.Len(t, groups, 1)
	k := groups[0]
	assert.Equal(t, "The patch", k.Title)
	require.Len(t, k.Rows, 2)
	assert.Equal(t, "One two.\n\nThree.", k.Rows[0].Text)
	assert.Equal(t, "partly; no vm86", k.Rows[0].Today)
	assert.True(t, k.Rows[0].Implemented())
	assert.False(t, k.Rows[1].Implemented())
	assert.Equal(t, map[string]string{"seed 000": "a mail of 2002.", "5.12": "kernels.", "6.1": "kernels."}, parseSources(page))
}

func TestParseRowsRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"## K. T\n### P1: t\n": "semantics.md:2: expected a row of the group above",
		"### P1: t\n":          "semantics.md:1: expected a row of the group above",
		"## K. T\n### K1: t\n\nText.\n\nSource: s\nToday: perhaps\n":      "semantics.md:7: expected one",
		"## K. T\n### K1: t\n\nText.\n\nSource: s\nSource: s\n":           "semantics.md:7: expected a row's text",
		"## K. T\n### K1: t\n\nText.\n\nSource: s\nToday: yes\n\nMore.\n": "semantics.md:9: expected a row's text",
		"## K. T\n### K1: t\n\nSource: s\nToday: yes\n":                   "row K1: expected text",
	} {
		_, err := parseRows(text)
		assert.ErrorContains(t, err, want)
	}
}

func TestPlaceRows(t *testing.T) {
	row := "| K1 | short | traps.c, f | `a/b.go: f, g`, `c.S: h` | one, two | `a: TestK1` |\n"
	groups, err := parseRows(page)
	require.NoError(t, err)
	require.NoError(t, placeRows(groups, row))
	r := groups[0].Rows[0]
	assert.Equal(t, []Place{{"a/b.go", []string{"f", "g"}}, {"c.S", []string{"h"}}}, r.Code)
	assert.Equal(t, []string{"one", "two"}, r.Scenarios)
	assert.Equal(t, "traps.c, f", r.Origin)
	for text, want := range map[string]string{
		row:                                  "stands here twice",
		"| K9 | s | o | `a: f` | | `a: T` |": "is no row",
		"| K2 | s | o | `a: f` | |":          "expected 6 cells",
		"| K2 | s | o | - | | `a: T` |":      "expected code and a test",
	} {
		assert.ErrorContains(t, placeRows(groups, text), want)
	}
}

// The embedded pages parse.
func TestGroups(t *testing.T) {
	groups, err := Groups()
	require.NoError(t, err)
	var letters string
	seen := map[string]bool{}
	for _, g := range groups {
		letters += g.Letter
		for _, r := range g.Rows {
			assert.False(t, seen[r.ID], "%s stands there twice", r.ID)
			seen[r.ID] = true
		}
	}
	assert.Equal(t, "PKMOUESVTGB", letters)
}
