package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"
)

// Every panel, at three sizes, at the moments that a lesson dwells on.
func TestScreens(t *testing.T) {
	for _, s := range sizes {
		for _, x := range []struct {
			name, scenario string
			keys           []string
		}{
			{"first", "first-probe", nil},
			{"trap", "first-probe", []string{"right", "right", "right"}},
			{"stepping", "first-probe", []string{"/", "=hit_ss", "enter", "right"}},
			{"source", "first-probe", []string{"t", ">", ">", ">", ">", ">", "<", "shift+tab"}},
			{"help", "first-probe", []string{"?"}},
			{"palette", "first-probe", []string{":", "=trap"}},
			{"compare", "first-probe", []string{"E", "i", "right"}},
			{"presenter", "first-probe", []string{"p", "i"}},
		} {
			t.Run(sized(s.w, s.h, x.name), func(t *testing.T) {
				m := open(t, x.scenario, "2002", s.w, s.h)
				press(m, x.keys...)
				golden(t, sized(s.w, s.h, x.name), shown(t, m))
			})
		}
	}
}

// Each panel of the small layout's slot, one after the other.
func TestEveryPanelOfTheSlot(t *testing.T) {
	m := open(t, "reentry-lost", "2002", 80, 24)
	press(m, "t", "t")
	var all strings.Builder
	seen := map[string]bool{}
	for range m.tabs() {
		s := shown(t, m)
		all.WriteString(s)
		seen[m.tabPanel().Title()] = true
		press(m, "tab")
	}
	require.Len(t, seen, len(m.tabs()), "each has a title of its own")
	golden(t, "slot-80x24", all.String())
}

// Nothing is torn at any size, and the model never panics on the way.
func TestEverySizeIsWhole(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	press(m, "t", "right")
	for _, overlay := range []string{"", "?", ":", "y"} {
		if overlay != "" {
			press(m, overlay)
		}
		for w := 1; w <= 220; w += 13 {
			for h := 1; h <= 70; h += 7 {
				m.Update(tea.WindowSizeMsg{Width: w, Height: h})
				shown(t, m)
			}
		}
		press(m, "esc")
	}
	press(m, "E")
	for _, s := range sizes {
		m.Update(tea.WindowSizeMsg{Width: s.w, Height: s.h})
		shown(t, m)
	}
}

func TestTheFirstScreenTellsTheThreeKeysThatMatter(t *testing.T) {
	s := shown(t, open(t, "first-probe", "", 80, 24))
	require.Contains(t, s, "Press → to step, ← to go back, ? for everything else.")
}

// A terminal without colours still tells what changed: by attributes.
func TestRolesDifferWithoutColours(t *testing.T) {
	m := open(t, "first-probe", "", 80, 24)
	press(m, "right")
	require.Contains(t, m.View().Content, "\x1b[1;4;", "changed: bold and underlined")
}

func BenchmarkRedraw(b *testing.B) {
	m := open(b, "first-probe", "", 200, 60)
	press(m, "t", "right")
	for b.Loop() {
		m.Refresh()
		_ = m.View()
	}
}
