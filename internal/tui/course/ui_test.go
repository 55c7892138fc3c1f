package course

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"trapline/internal/tui"
	"trapline/internal/tui/quiz"
	"trapline/internal/tui/walk"
)

// A task in the UI: the run as the class has branched it is the answer, and a
// wrong one is told what the machine showed.
func TestTheRunThatIsShownAnswersATask(t *testing.T) {
	l, err := Find("two-cpus-one-probe")
	require.NoError(t, err)
	f, err := l.Open()
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), f, walk.Options{Record: walk.DefaultRecord})
	require.NoError(t, err)
	m, err := tui.New(t.Context(), w, tui.Options{Quiz: &quiz.Quiz{Questions: l.Asked()[3:]}})
	require.NoError(t, err)
	defer m.Close()
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	press := func(keys ...rune) {
		for _, k := range keys {
			m.Update(tea.KeyPressMsg{Code: k, Text: string(k)})
		}
	}
	shown := func() string { return strings.Join(strings.Fields(ansi.Strip(m.View().Content)), " ") }

	press('y')
	require.Contains(t, shown(), "Task 1 of 1")
	require.Contains(t, shown(), "Enter alone gives the run as it is up to the present step.")
	press('0', 'x', '2')
	m.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	require.Contains(t, shown(), "✗ Not that. no-missed-probe held; the run ended after")
	require.Contains(t, shown(), "Look: one CPU must stand in HIT_SS")
	m.Update(tea.KeyPressMsg{Code: tea.KeyEscape})
	press('H', 'a', '2', 'y') // cpu1 stays in front of target until the other has its breakpoint out
	m.Update(tea.KeyPressMsg{Code: tea.KeyEnter})
	require.Contains(t, shown(), "✓ Right.")
}
