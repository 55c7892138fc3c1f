package tui

import (
	"io"

	tea "charm.land/bubbletea/v2"
)

// Run shows the UI on a terminal until it is left. The terminal is restored
// whatever happens.
func Run(m *Model, in io.Reader, out io.Writer) error {
	p := tea.NewProgram(m, tea.WithContext(m.ctx), tea.WithInput(in), tea.WithOutput(out))
	_, err := p.Run()
	return err
}
