package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/docs"
)

// citation finds what may be a row's ID. A letter, a digit, - or $ before it,
// or a ( behind it, makes it something else.
var citation = regexp.MustCompile(`(?:^|[^\w$%.-])([PKMOUESVTGB][0-9]{1,2})(?:[^\w(-]|$)`)

// notRows look like IDs of rows: opcodes, and DR6.B0 to B3.
var notRows = []string{"B0", "B1", "B3", "B6", "B7", "E0", "E9", "P0"}

// cited are the IDs in a file's line; of Go those in comments and strings.
func cited(name, line string) []string {
	if filepath.Ext(name) == ".go" {
		code, comment, _ := strings.Cut(line, "//")
		var quoted []string
		for i, part := range strings.FieldsFunc(code, func(r rune) bool { return r == '"' || r == '`' }) {
			if i%2 == 1 {
				quoted = append(quoted, part)
			}
		}
		line = strings.Join(quoted, " ") + " " + comment
	}
	var ids []string
	for len(line) > 0 {
		m := citation.FindStringSubmatchIndex(line)
		if m == nil {
			break
		}
		ids = append(ids, line[m[2]:m[3]])
		line = line[m[3]:]
	}
	return ids
}

func TestCited(t *testing.T) {
	for line, want := range map[string][]string{
		`	x.Say("K99", "text") // U77, (K4)`:      {"K99", "U77", "K4"},
		`cpu0  ! K7   hit during a step`:          {"K7"},
		`#define U64(off) (*(u64_at *)(d + off))`: nil,
		`K4K5 pre-K4`: nil,
	} {
		name := "x.txtar"
		if strings.HasPrefix(line, "\t") {
			name = "x.go"
		}
		assert.Equal(t, want, cited(name, line), line)
	}
}

// TestEveryCitedRowExists: every ID in code, scenarios, stories and
// documentation is a row's, and every seed is in the list of sources.
func TestEveryCitedRowExists(t *testing.T) {
	var ids []string
	for _, r := range allRows(t) {
		ids = append(ids, r.ID)
	}
	seed := regexp.MustCompile(`\bseed 00[0-9]\b`) // those of random numbers have no zeros in front
	found := map[string]int{}
	root := filepath.Join("..", "..")
	require.NoError(t, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" && !strings.Contains(p, "scenario") && !strings.Contains(p, "cmd")) {
			return fs.SkipDir
		}
		if d.IsDir() || !slices.Contains([]string{".go", ".S", ".c", ".h", ".flow", ".txtar", ".md"}, filepath.Ext(p)) || d.Name() == "rows_test.go" {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			for _, id := range cited(p, line) {
				found[id]++
				assert.True(t, slices.Contains(ids, id) || slices.Contains(notRows, id), "%s:%d cites %s, which is no row of docs/semantics.md", p, n, id)
			}
			for _, s := range seed.FindAllString(line, -1) {
				assert.NotEmpty(t, docs.Sources()[s], "%s:%d: %s is not in the list of sources of docs/semantics.md", p, n, s)
			}
		}
		return nil
	}))
	assert.Greater(t, found["K4"], 100, "the walk has seen the code and the stories")
}

// TestEveryRowHasASource: each part of it begins with a name from the list of
// sources.
func TestEveryRowHasASource(t *testing.T) {
	for _, r := range allRows(t) {
		assert.Len(t, r.SourceNames(), 1+strings.Count(r.Source, "; "), "%s: source %q", r.ID, r.Source)
	}
}

func explained(t *testing.T, args ...string) (string, string, int) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(append([]string{"trapline", "explain"}, args...), &out, &errs)
	return out.String(), errs.String(), code
}

// TestExplainEveryRow: text and JSON of every row, each inside its width.
func TestExplainEveryRow(t *testing.T) {
	for _, r := range allRows(t) {
		text, errs, code := explained(t, strings.ToLower(r.ID))
		require.Equal(t, exitHeld, code, errs)
		require.True(t, strings.HasPrefix(text, r.ID+"  "+r.Title+"\n"), text)
		for line := range strings.Lines(text) {
			require.LessOrEqual(t, ansi.StringWidth(strings.TrimSuffix(line, "\n")), defaultColumns, line)
		}
		for _, name := range r.Scenarios {
			require.Contains(t, text, name)
		}
		object, errs, code := explained(t, "--json", r.ID)
		require.Equal(t, exitHeld, code, errs)
		var back rowJSON
		require.NoError(t, json.Unmarshal([]byte(object), &back))
		require.Equal(t, r, back.Row)
	}
}

func TestExplainUnknownRow(t *testing.T) {
	for arg, want := range map[string]string{
		"K26":                        `no row "K26"; did you mean K25 or K24?`,
		"S99999999999999999999":      "did you mean S6 or S5?",
		"kk4":                        "did you mean K4?",
		"livelock":                   "did you mean ",
		"":                           `no row ""; "trapline explain" lists them`,
		"something quite impossible": "lists them",
	} {
		out, errs, code := explained(t, "K4", arg)
		assert.Equal(t, exitUsage, code, arg)
		assert.Contains(t, errs, want)
		assert.Empty(t, out, "nothing is printed if one of the rows is unknown")
	}
}

func TestExplainLists(t *testing.T) {
	text, _, code := explained(t)
	require.Equal(t, exitHeld, code)
	completed, _, _ := explained(t, "--generate-shell-completion")
	object, _, _ := explained(t, "--json")
	require.Equal(t, len(allRows(t)), strings.Count(object, "\n"))
	for _, r := range allRows(t) {
		assert.Contains(t, text, r.ID+" ")
		assert.Contains(t, strings.Fields(completed), r.ID)
	}
}

// A narrow terminal breaks lines at blanks, and no name at its hyphens.
func TestIndented(t *testing.T) {
	assert.Equal(t, "run\n  smp-missed-probe\n  now", indented("run smp-missed-probe now", 2, 18))
}
