package course

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

func TestTheCourseHasAtLeastThirtyLessonsInSevenParts(t *testing.T) {
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
		questions, tasks := l.Count()
		require.GreaterOrEqual(t, questions, 2, l.Name)
		require.Equal(t, 1, tasks, l.Name)
		for _, q := range l.Questions {
			require.NotEmpty(t, q.Because, q.Text)
			require.NotEmpty(t, q.Hint, q.Text)
			if q.Task == nil {
				require.NotEmpty(t, q.Answers, q.Text)
				require.True(t, q.Right(q.Answers[0]))
			}
		}
	}
	require.Positive(t, minutes)
	require.Len(t, parts, 7)
}

// Every answer rests on what the machine does: the directives and searches of
// its proofs are carried out and must show what the lesson says. Every task is
// solved, and not by doing nothing.
func TestEveryAnswerIsShownByTheMachine(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	for _, l := range list {
		t.Run(l.Name, func(t *testing.T) {
			for _, q := range l.Questions {
				require.True(t, q.Task != nil || len(q.Proofs) > 0, q.Text)
			}
			wrong, err := l.Prove(t.Context(), explore.Options{})
			require.NoError(t, err)
			require.Empty(t, wrong)
		})
	}
}

// What a lesson says falsely is noticed: a proof's end, a search's, a task's
// solution, and a task that nothing has to be done for.
func TestFalseProofsAreNoticed(t *testing.T) {
	for _, c := range []struct {
		lesson string
		spoil  func(l *Lesson)
	}{
		{"what-int3-does", func(l *Lesson) { l.Questions[0].Proofs[0].Prints += "!" }},
		{"threads-in-place", func(l *Lesson) { last(l.Questions[2].Proofs).Prints = "holds" }},
		{"threads-out-of-line", func(l *Lesson) { last(l.Questions[2].Proofs).Prints = "violates no-missed-probe K7 both-hit" }},
		{"what-int3-does", func(l *Lesson) { task(l).Solution = "main" }},
		{"what-int3-does", func(l *Lesson) { task(l).Goals = task(l).Goals[1:] }},
		{"two-cpus-one-probe", func(l *Lesson) { task(l).Goals[1].N = 0 }},
		{"two-locks", func(l *Lesson) { task(l).Engine = "none" }},
	} {
		l, err := Find(c.lesson)
		require.NoError(t, err)
		c.spoil(l)
		wrong, err := l.Prove(t.Context(), explore.Options{})
		require.NoError(t, err)
		require.Len(t, wrong, 1, c.lesson)
		require.NotEmpty(t, wrong[0].String())
	}
}

func last(list []Proof) *Proof { return &list[len(list)-1] }

func task(l *Lesson) *Task { return l.Questions[len(l.Questions)-1].Task }

// Of each lesson's questions one asks why or what if. It is answered by
// stepping, by another engine, by a change of the machine, or by a search.
func TestEachLessonAsksWhyOrWhatIf(t *testing.T) {
	list, err := Lessons()
	require.NoError(t, err)
	for _, l := range list {
		asks := func(q Question) bool {
			return strings.HasPrefix(q.Text, "Why ") || strings.HasPrefix(q.Text, "What if ")
		}
		tries := func(p Proof) bool {
			return p.Search || p.Engine != "" || slices.ContainsFunc(p.Directives, func(d string) bool {
				verb, _, _ := strings.Cut(d, " ")
				return slices.Contains([]string{"step", "until", "trap", "hit", "go", "set", "rmmod", "insmod", "echo"}, verb)
			})
		}
		require.True(t, slices.ContainsFunc(l.Questions, func(q Question) bool {
			return asks(q) && slices.ContainsFunc(q.Proofs, tries)
		}), l.Name)
	}
}

// K11: lesson 10's second answer. In every moment of a hit on cpu1 cpu0 makes
// its step at the probed instruction: it runs unseen exactly while the byte is
// out, and HIT_SS is the state that is so from beginning to end.
func TestAnotherCPURunsThroughUnseenInHIT_SS(t *testing.T) {
	f, err := scenario.Load("smp-missed-probe")
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

// docs/walkthroughs is what documents makes.
func TestTheDocumentsAreFresh(t *testing.T) {
	pages, err := documents()
	require.NoError(t, err)
	dir := filepath.Join("..", "..", "..", "docs", "walkthroughs")
	for name, want := range pages {
		file := filepath.Join(dir, name)
		testkit.Golden(t, file, want)
	}
}
