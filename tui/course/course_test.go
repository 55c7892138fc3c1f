package course

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"trapline/scenarios"
	"trapline/scenarios/format"
)

var update = flag.Bool("update", false, "write docs/walkthroughs anew")

func TestTheCourseHasAtLeastTenLessons(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(list), 10)
	minutes := 0
	for _, l := range list {
		minutes += l.Minutes
		for _, q := range l.Questions {
			require.NotEmpty(t, q.Answers, q.Text)
			require.NotEmpty(t, q.Because, q.Text)
			require.True(t, q.Right(q.Answers[0]))
		}
	}
	require.Positive(t, minutes)
}

// Every answer rests on what the machine does: the directives of its proof
// are carried out, and the last must print what the lesson says.
func TestEveryAnswerIsShownByTheMachine(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	for _, l := range list {
		for i, q := range l.Questions {
			t.Run(fmt.Sprintf("%s/%d", l.Name, i+1), func(t *testing.T) {
				require.NotEmpty(t, q.Shown)
				f := withSteps(t, l.Scenario, q.Shown)
				r, err := scenarios.Open(t.Context(), f, scenarios.Options{Engine: l.Engine})
				require.NoError(t, err)
				defer r.Close()
				x := scenarios.NewTranscript(r)
				out := ""
				for j := range f.Steps {
					out, err = x.Do(t.Context(), &f.Steps[j])
					require.NoError(t, err)
				}
				require.Contains(t, out, q.Prints)
			})
		}
	}
}

// withSteps is a built-in scenario with other directives.
func withSteps(t *testing.T, name string, directives []string) *scenarios.File {
	t.Helper()
	f, err := scenarios.Load(name)
	require.NoError(t, err)
	a := txtar.Parse(f.Bytes())
	var kept []txtar.File
	for _, m := range a.Files {
		if m.Name != "steps" {
			kept = append(kept, m)
		}
	}
	var b strings.Builder
	for _, d := range directives {
		b.WriteString("> " + d + "\n")
	}
	a.Files = append(kept, txtar.File{Name: "steps", Data: []byte(b.String())})
	p, err := format.Parse(name, txtar.Format(a))
	require.NoError(t, err)
	return &scenarios.File{File: p, ReadFile: f.ReadFile}
}

// docs/walkthroughs is what Pages makes.
func TestTheDocumentsAreFresh(t *testing.T) {
	pages, err := Pages()
	require.NoError(t, err)
	dir := filepath.Join("..", "..", "docs", "walkthroughs")
	for name, want := range pages {
		file := filepath.Join(dir, name)
		if *update {
			require.NoError(t, os.MkdirAll(dir, 0o755))
			require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		}
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, want, string(got), "go test ./tui/course -update writes %s anew", name)
	}
}
