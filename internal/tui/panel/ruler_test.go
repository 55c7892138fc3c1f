package panel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/tui/panel"
	"trapline/internal/tui/walk"
)

// Where the present moment's number lies over the window's, the latter goes: half of it would be another step.
func TestTheRulerHasWholeNumbers(t *testing.T) {
	w := at(t, scenes["trap"])
	for step := range w.End() + 1 {
		require.NoError(t, w.Goto(t.Context(), step))
		p := &panel.Timeline{Marks: w.Marks()}
		p.Show(w.Moment(walk.Look{CPU: -1}))
		p.SetSize(40, 3)
		lines := p.Lines()
		require.GreaterOrEqual(t, len(lines), 2)
		numbers := strings.Fields(lines[1].String())
		require.Contains(t, numbers, fmt.Sprint(step))
		for _, n := range numbers {
			require.Contains(t, []string{"0", fmt.Sprint(step), fmt.Sprint(w.End())}, n, "at step %d", step)
		}
	}
}
