package course

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/scenarios"
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
		t.Run(l.Name, func(t *testing.T) {
			for _, q := range l.Questions {
				require.NotEmpty(t, q.Proofs, q.Text)
			}
			wrong, err := l.Prove(t.Context())
			require.NoError(t, err)
			require.Empty(t, wrong)
		})
	}
	l := list[0]
	l.Questions[0].Proofs[0].Prints += "!"
	wrong, err := l.Prove(t.Context())
	require.NoError(t, err)
	require.Len(t, wrong, 1)
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
