package tui

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every command that the help offers changes what is shown, on one vCPU and on
// several, with interrupts, with events, in 64-bit mode, at every size, and
// says nothing of being impossible. The screen stays whole.
func TestEveryKeyOfTheHelpDoesSomething(t *testing.T) {
	for _, scenario := range []string{"first-probe", "smp-missed-probe", "timer-during-step", "events-first", "x86-64-first-probe", "user-int3-swallowed", "threads-xol"} {
		for _, s := range sizes {
			t.Run(sized(s.w, s.h, scenario), func(t *testing.T) {
				m := open(t, scenario, "", s.w, s.h)
				hit := "=hit_active"
				if m.File.Linux != nil {
					hit = "=handler_chain"
				}
				press(m, "/", hit, "enter", "m", "right", "right")
				at, tab := m.Walk.At(), m.tab
				for _, c := range commands() {
					require.NoError(t, m.Walk.Goto(t.Context(), at))
					m.Message, m.tab, m.set.timeline.Zoom, m.presenter = "", tab, 0, false
					m.Refresh()
					before := shown(t, m)
					if !m.possible(&c) || c.name == "quit" {
						continue
					}
					press(m, c.keys[0])
					require.NotEqual(t, before, shown(t, m), "%s", c.name)
					require.NotContains(t, m.Message, "not possible", c.name)
					press(m, "esc", "esc")
					if m.Walk.Line().ID != 0 {
						press(m, "r")
					}
					if c.name == "engine" { // the walk is another
						m = open(t, scenario, "", s.w, s.h)
						require.NoError(t, m.Walk.Goto(t.Context(), at))
					}
				}
			})
		}
	}
}
