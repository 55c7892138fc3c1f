package tui

import (
	"context"
	"io"

	tea "charm.land/bubbletea/v2"
)

// ErrPanic is returned when the UI failed; the terminal is restored and the
// reason printed.
var ErrPanic = tea.ErrProgramPanic

// Run shows the UI on a terminal until it is left, by a key or a signal. The
// terminal is restored whatever happens.
func Run(m *Model, in io.Reader, out io.Writer) error {
	// One way for signals: they end the context, which quits as a key does.
	// Bubble Tea's own handler knows no SIGHUP, and given the context as well
	// waited for ever for a loop that had gone.
	p := tea.NewProgram(m, tea.WithoutSignalHandler(), tea.WithInput(in), tea.WithOutput(out))
	defer context.AfterFunc(m.ctx, p.Quit)()
	if _, err := p.Run(); err != nil {
		return err
	}
	return m.err
}
