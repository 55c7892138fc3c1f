package tui

import (
	"context"
	"errors"
	"io"

	tea "charm.land/bubbletea/v2"
)

// ErrPanic is returned when the UI failed; the terminal is restored and the
// reason printed.
var ErrPanic = tea.ErrProgramPanic

// Run shows the UI on a terminal until it is left, by a key or a signal. The
// terminal is restored whatever happens.
func Run(m *Model, in io.Reader, out io.Writer) error {
	// Bubble Tea takes the signals itself; ended by its context as well, its
	// handler would wait for ever for a loop that has gone.
	p := tea.NewProgram(m, tea.WithContext(context.WithoutCancel(m.ctx)), tea.WithInput(in), tea.WithOutput(out))
	_, err := p.Run()
	if errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return err
}
