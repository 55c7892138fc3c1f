package course

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
	"trapline/internal/tui"
	"trapline/internal/tui/quiz"
	"trapline/internal/tui/walk"
)

// One lesson of each part at three sizes, where a hit begins or in its middle, with its
// question, and in presenter mode.
func TestALessonOfEachPartOnTheScreen(t *testing.T) {
	parts := map[string]bool{}
	for _, x := range []struct{ lesson, keys string }{
		{"gates", "t right"},
		{"a-hit-inside-a-hit", "t i c"},
		{"the-way-back", "i right right"},
		{"return-probes-of-programs", "i t"},
		{"two-locks", "c c u"},
		{"an-event-outlives-its-module", "z right"},
		{"a-store-waits", "1 2 2"},
	} {
		l, err := Find(x.lesson)
		require.NoError(t, err)
		parts[l.Part] = true
		t.Run(x.lesson, func(t *testing.T) {
			var b strings.Builder
			for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
				m := opened(t, l, size)
				press(m, strings.Fields(x.keys)...)
				for _, key := range []string{"", "y", "esc", "p"} {
					press(m, key)
					if key == "esc" {
						continue
					}
					lines := strings.Split(ansi.Strip(m.View().Content), "\n")
					require.Len(t, lines, size[1])
					fmt.Fprintf(&b, "## %d×%d %s\n", size[0], size[1], key)
					for _, line := range lines {
						require.LessOrEqual(t, ansi.StringWidth(line), size[0])
						b.WriteString(strings.TrimRight(line, " ") + "\n")
					}
				}
			}
			file := filepath.Join("testdata", x.lesson+".txt")
			testkit.Golden(t, file, b.String())
		})
	}
	list, err := Lessons()
	require.NoError(t, err)
	for _, l := range list {
		require.True(t, parts[l.Part], l.Part)
	}
}

// opened is a lesson in the UI, with its questions.
func opened(t *testing.T, l *Lesson, size [2]int) *tui.Model {
	t.Helper()
	f, err := l.Open()
	require.NoError(t, err)
	o := walk.Options{Options: scenario.Options{Engine: l.Engine}, Record: walk.DefaultRecord}
	w, err := walk.Open(t.Context(), f, o)
	require.NoError(t, err)
	m, err := tui.New(t.Context(), w, tui.Options{
		Options: o, Quiz: &quiz.Quiz{Lesson: l.Name, Questions: l.Asked()}, Lesson: l.Page(f),
	})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
	return m
}

func press(m *tui.Model, keys ...string) {
	for _, k := range keys {
		switch k {
		case "":
		case "esc":
			m.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
		case "right":
			m.Update(tea.KeyPressMsg{Code: tea.KeyRight})
		case "enter":
			m.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
		default:
			for _, c := range k {
				m.Update(tea.KeyPressMsg{Code: c, Text: string(c)})
			}
		}
	}
}
