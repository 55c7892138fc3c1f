package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
	"trapline/internal/tui/quiz"
)

// A lesson's own text is what is read first, and the key of its questions is named
// from the start, at every size.
func TestALessonBeginsWithItsTextAndNamesItsQuestions(t *testing.T) {
	f, err := scenario.Load("first-probe")
	require.NoError(t, err)
	asked := &quiz.Quiz{Questions: []quiz.Question{{Text: "Which byte?", Answers: []string{"cc"}}}}
	m, err := newModel(t.Context(), f, Options{Quiz: asked, Lesson: "What int3 does\n\nA breakpoint is one byte."})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		require.Contains(t, shown(t, m), "A breakpoint is one byte.")
		require.Contains(t, shown(t, m), "y for the questions")
		require.Contains(t, shown(t, m), "y quiz")
	}
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	press(m, "tab")
	require.NotContains(t, shown(t, m), "A breakpoint is one byte.")
	press(m, "y", "=cc", "enter")
	require.Contains(t, shown(t, m), "That was all: 1 of 1 at the first go.")
	require.Contains(t, shown(t, m), "enter begins again with the first question")
}

// A verdict that is too long for the screen leaves room for the question and its
// answer.
func TestALongVerdictLeavesTheQuestion(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	m.quiz.Questions = []quiz.Question{{Text: "Which byte?", Answers: []string{"cc"}}}
	m.quiz.Verdict = strings.Repeat("What the machine showed instead. ", 60)
	press(m, "y", "=ab")
	for _, want := range []string{"more lines", "Which byte?", "› ab", "enter answers"} {
		require.Contains(t, shown(t, m), want)
	}
	press(m, "="+strings.Repeat("x", 80)+"y")
	require.Contains(t, shown(t, m), "xxxy ", "the end of a long answer is in sight")
}
