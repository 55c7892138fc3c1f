package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"trapline/internal/record"
	"trapline/internal/tui/panel"
	"trapline/internal/tui/text"
)

// Update takes one message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if m.job != nil {
		return m, m.beside(msg)
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		if !m.opened {
			m.View() // to be seen while it opens
			return m, m.begin(opening, func() tea.Cmd { m.opens(); return nil })
		}
	case tea.BackgroundColorMsg:
		m.theme = text.NewTheme(msg.IsDark())
	case tickMsg, tea.KeyPressMsg, tea.MouseMsg:
		if m.opt.Patience == 0 {
			return m, m.handle(msg)
		}
		return m, m.begin(m.naming(msg), func() tea.Cmd { return m.handle(msg) })
	}
	return m, nil
}

// naming is what a message asks for, in a word or two.
func (m *Model) naming(msg tea.Msg) string {
	key, ok := msg.(tea.KeyPressMsg)
	switch {
	case ok && m.overlay.kind == overlayPrompt:
		return m.overlay.label
	case ok && m.overlay.kind == overlayNone:
		for _, c := range commands() {
			if slices.Contains(c.keys, key.String()) {
				return c.name
			}
		}
	}
	return "move"
}

// handle does what a message asks for.
func (m *Model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tickMsg:
		return m.ticked(msg)
	case tea.KeyPressMsg:
		if m.overlay.kind != overlayNone {
			return m.overlayKey(msg)
		}
		if key := msg.String(); m.play.on && key != "space" && key != "backspace" && key != "b" && key != "+" && key != "=" && key != "-" {
			m.play.on = false // any move stops playing
		}
		return m.press(msg.String())
	case tea.MouseMsg:
		m.mouse(msg)
	}
	return nil
}

// mouse scrubs the timeline, sets breakpoints, steps by the wheel over the
// timeline and scrolls elsewhere.
func (m *Model) mouse(msg tea.MouseMsg) {
	e := msg.Mouse()
	if m.overlay.open() {
		if _, ok := msg.(tea.MouseWheelMsg); ok {
			m.overlay.scroll(map[bool]int{true: 1, false: -1}[e.Button == tea.MouseWheelDown])
		}
		return
	}
	a, over := m.areaAt(e.X, e.Y)
	switch msg.(type) {
	case tea.MouseReleaseMsg:
		m.scrub = nil
	case tea.MouseMotionMsg:
		if m.scrub != nil {
			m.scrubTo(e.X)
		}
	case tea.MouseClickMsg:
		if over && e.Button == tea.MouseLeft {
			m.click(a, e)
		}
	case tea.MouseWheelMsg:
		if over {
			m.wheel(a, e)
		}
	}
}

func (m *Model) click(a area, e tea.Mouse) {
	switch p := a.p.(type) {
	case *panel.Timeline:
		m.scrub = &a
		m.scrubTo(e.X)
	case *panel.Code:
		if addr, ok := p.AddrAt(e.Y - a.y); ok {
			m.ToggleBreak(addr)
		}
	default:
		if m.tabName(a.p) != "" && e.Y == a.y-1 {
			m.turnTab(1)
		}
	}
}

// scrubTo goes to the moment at a column of the timeline that the mouse holds.
func (m *Model) scrubTo(x int) {
	if t, ok := m.scrub.p.(*panel.Timeline); ok {
		m.GoTo(t.Moment(x - m.scrub.x))
	}
}

func (m *Model) wheel(a area, e tea.Mouse) {
	down := e.Button == tea.MouseWheelDown
	if _, ok := a.p.(*panel.Timeline); ok {
		d := record.Backward
		if down {
			d = record.Forward
		}
		m.StepTold(d)
		return
	}
	n := -2
	if down {
		n = 2
	}
	a.p.Scroll(n)
}

// areaAt is the panel at a cell, its title line among its cells.
func (m *Model) areaAt(x, y int) (area, bool) {
	for _, a := range m.areas {
		if x >= a.x && x < a.x+a.w && y >= a.y-1 && y < a.y+a.h {
			return a, true
		}
	}
	return area{}, false
}

// escape ends what is going on.
func (m *Model) escape() {
	m.play.on = false
	m.EndCompare()
}
