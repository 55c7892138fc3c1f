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
	"trapline/tui/walk"
)

var update = flag.Bool("update", false, "write docs/walkthroughs anew")

func TestTheCourseHasAtLeastThirtyLessonsInSixParts(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(list), 30)
	minutes := 0
	parts := map[string]bool{}
	for i, l := range list {
		if i > 0 && l.Part != list[i-1].Part {
			require.False(t, parts[l.Part], "part %q stands in two places", l.Part)
		}
		parts[l.Part] = true
		minutes += l.Minutes
		for _, q := range l.Questions {
			require.NotEmpty(t, q.Answers, q.Text)
			require.NotEmpty(t, q.Because, q.Text)
			require.True(t, q.Right(q.Answers[0]))
		}
	}
	require.Positive(t, minutes)
	require.Len(t, parts, 6)
}

// Every answer rests on what the machine does: the directives of its proof
// are carried out, and the last must print what the lesson says.
func TestEveryAnswerIsShownByTheMachine(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	for _, l := range list {
		for i, q := range l.Questions {
			t.Run(fmt.Sprintf("%s/%d", l.Name, i+1), func(t *testing.T) {
				require.NotEmpty(t, q.Proofs)
				for _, p := range q.Proofs {
					require.Contains(t, printed(t, &l, p), p.Prints, "%q", p.Directives)
				}
			})
		}
	}
}

// printed carries out a proof and gives what its last directive printed.
func printed(t *testing.T, l *Lesson, p Proof) string {
	t.Helper()
	name, engine := l.Scenario, l.Engine
	if p.Scenario != "" {
		name, engine = p.Scenario, ""
	}
	f := withSteps(t, name, p.Directives)
	r, err := scenarios.Open(t.Context(), f, scenarios.Options{Engine: engine})
	require.NoError(t, err)
	defer r.Close()
	x := scenarios.NewTranscript(r)
	out := ""
	for j := range f.Steps {
		out, err = x.Do(t.Context(), &f.Steps[j])
		require.NoError(t, err)
	}
	return out
}

// K11: lesson 10's second answer. In every moment of a hit on cpu1 cpu0 makes
// its step at the probed instruction: it runs unseen exactly while the byte is
// out, and HIT_SS is the state that is so from beginning to end.
func TestAnotherCPURunsThroughUnseenInHIT_SS(t *testing.T) {
	f, err := scenarios.Load("smp-missed-probe")
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), f, walk.Options{})
	require.NoError(t, err)
	defer w.Close()
	always, never := map[walk.Phase]bool{}, map[walk.Phase]bool{}
	for more := true; more; {
		at := w.At()
		cpu := w.Moment(walk.Look{CPU: 1}).CPUs[1]
		if _, seen := always[cpu.Phase]; !seen {
			always[cpu.Phase], never[cpu.Phase] = true, true
		}
		armed := w.Moment(walk.Look{CPU: 0, Code: 1}).Code[0].Patched
		require.NoError(t, w.Take(0))
		unseen := w.Run.ProbeEnds()[0].Missed > 0
		require.Equal(t, armed, !unseen, "step %d", at)
		always[cpu.Phase] = always[cpu.Phase] && unseen
		never[cpu.Phase] = never[cpu.Phase] && !unseen
		require.NoError(t, w.Goto(t.Context(), at))
		if more = cpu.Able; more {
			require.NoError(t, w.Take(1))
		}
	}
	require.Equal(t, map[walk.Phase]bool{walk.Away: false, walk.Trapped: false, walk.HitActive: false, walk.HitSS: true, walk.HitSSDone: false}, always)
	require.Equal(t, map[walk.Phase]bool{walk.Away: true, walk.Trapped: true, walk.HitActive: false, walk.HitSS: false, walk.HitSSDone: false}, never)
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
