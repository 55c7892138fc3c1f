package tui

import (
	"io"

	tea "charm.land/bubbletea/v2"
)

// ErrPanic is returned when the UI failed; the terminal is restored and the
// reason printed.
var ErrPanic = tea.ErrProgramPanic

// Run shows the UI on a terminal until it is left. The terminal is restored
// whatever happens.
func Run(m *Model, in io.Reader, out io.Writer) error {
	p := tea.NewProgram(m, tea.WithContext(m.ctx), tea.WithInput(in), tea.WithOutput(out))
	_, err := p.Run()
	return err
}
