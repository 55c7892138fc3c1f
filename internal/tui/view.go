package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"trapline/internal/printable"
	"trapline/internal/tui/panel"
	"trapline/internal/tui/text"
)

// View draws everything.
func (m *Model) View() tea.View {
	content := ""
	if m.job != nil {
		content = m.busy()
	} else {
		content = m.theme.Render(m.screen())
		m.last = content
	}
	v := tea.NewView(content)
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "trapline: " + printable.Name(m.File.Title())
	return v
}

// screen is the terminal's lines, exactly m.h of m.w cells.
func (m *Model) screen() []text.Line {
	if m.w < MinWidth || m.h < MinHeight {
		l := text.Of(text.Alarm, fmt.Sprintf("at least %d×%d", MinWidth, MinHeight))
		return text.Block([]text.Line{l}, max(m.w, 1), max(m.h, 1))
	}
	lines := make([]text.Line, m.h)
	m.areas = m.areas[:0]
	for _, a := range m.arrange() {
		m.areas = append(m.areas, m.split(a)...)
	}
	for _, a := range m.areas {
		a.p.SetSize(a.w, a.h)
		m.draw(lines, a, m.title(a), panel.View(a.p))
	}
	copy(lines, m.header())
	if m.overlay.open() {
		m.drawOverlay(lines)
	}
	lines[m.h-1] = m.footer().Fit(m.w)
	for i := range lines {
		lines[i] = lines[i].Fit(m.w)
	}
	return lines
}

// split turns the nil panel of the small layout into code beside the tab.
func (m *Model) split(a area) []area {
	if a.p != nil {
		return []area{a}
	}
	tab := m.tabPanel()
	left := a.w*54/100 - 1
	return []area{{m.set.code, a.x, a.y, left, a.h}, {tab, a.x + left + 1, a.y, a.w - left - 1, a.h}}
}

// draw puts an area with its title line onto the lines, which are filled from
// left to right.
func (m *Model) draw(lines []text.Line, a area, title text.Line, content []text.Line) {
	put := func(y int, l text.Line) {
		if y < 0 || y >= len(lines) {
			return
		}
		if gap := a.x - lines[y].Width(); gap > 0 {
			if a.x > 0 && gap == 1 {
				lines[y].Add(text.Dim, "│")
			} else {
				lines[y].Add(text.Plain, strings.Repeat(" ", gap))
			}
		}
		lines[y] = append(lines[y], l...)
	}
	put(a.y-1, title)
	for i, l := range content {
		put(a.y+i, l)
	}
}

func (m *Model) title(a area) text.Line {
	var l text.Line
	l.Add(text.Dim, "── ")
	l.Add(text.Title, a.p.Title()+m.tabName(a.p))
	if a.p == panel.Panel(m.set.code) && m.size() == small && m.Other == nil {
		l.Add(text.Code, m.state())
	}
	if a.p == panel.Panel(m.set.why) && m.whyIsCut() {
		l.Add(text.Key, "  W")
		l.Add(text.Dim, " shows all")
	}
	l.Add(text.Plain, " ")
	if n := a.w - l.Width(); n > 0 {
		l.Add(text.Dim, strings.Repeat("─", n))
	}
	return l.Fit(a.w)
}

// header is the title of the scenario, with the engine at its right: two lines
// where one is too short, in the small layout of a terminal that is not too low.
func (m *Model) header() []text.Line {
	right := m.headerRight()
	var first text.Line
	first.Add(text.Here, " trapline ")
	first.Add(text.Plain, " ")
	room := m.w - len([]rune(right)) - 1
	title, rest := m.File.Title(), ""
	if m.size() == small && m.Other == nil && m.h >= 24 {
		if parts := text.Wrap(title, max(room-first.Width(), 20)); len(parts) > 1 {
			title, rest = parts[0], strings.TrimSpace(strings.TrimPrefix(title, parts[0]))
		}
	}
	first.Add(text.Code, title)
	first = first.Fit(room)
	first.Add(text.Dim, right)
	if rest == "" {
		return []text.Line{first.Fit(m.w)}
	}
	return []text.Line{first.Fit(m.w), text.Of(text.Code, " "+rest).Fit(m.w)}
}

// headerRight is what the header has at its right.
func (m *Model) headerRight() string {
	engine := m.Moment.Engine
	if m.Other != nil {
		engine += " │ " + m.Beside.Engine
	}
	right := fmt.Sprintf(" %s · engine %s", m.Moment.Machine(), engine)
	switch {
	case m.play.on && m.play.back:
		right = fmt.Sprintf(" ◀◀ %s", m.play.speedText()) + right
	case m.play.on:
		right = fmt.Sprintf(" ▶▶ %s", m.play.speedText()) + right
	}
	right = m.HeldText() + right
	if n := len(m.Moment.Violated); n > 0 {
		right = fmt.Sprintf(" ✗%d", n) + right
	}
	return right
}

// state is the ring and the flags of the vCPU that is shown, for the title of
// the code: in the small layout no other panel is always there.
func (m *Model) state() string {
	s := ""
	if c := m.Moment.CPU; c < len(m.Moment.CPUs) && m.Moment.CPUs[c].Ring >= 0 {
		s = fmt.Sprintf(" · ring %d", m.Moment.CPUs[c].Ring)
	}
	var set []string
	for _, f := range m.Moment.Flags {
		if f.Set {
			set = append(set, f.Name)
		}
	}
	if len(set) > 0 {
		s += " · " + strings.Join(set, " ")
	}
	return s
}

// footer shows the keys that matter now.
func (m *Model) footer() text.Line {
	if m.overlay.kind == overlayPrompt {
		return m.overlay.promptLine()
	}
	list := m.footerCommands()
	l := m.footerLine(list)
	for i := len(list) - 1; i >= 0 && l.Width() > m.w; i-- { // the least needed goes first
		if list[i].footer < rankHelp {
			list = slices.Delete(list, i, i+1)
			l = m.footerLine(list)
		}
	}
	return l
}

func (m *Model) footerLine(list []command) text.Line {
	var l text.Line
	for _, c := range list {
		key := c.keyText()
		if c.run == nil { // the digits
			key = fmt.Sprintf("1-%d", min(m.Walk.Run.Actors(), len(digits)))
		}
		l.Add(text.Key, " "+key)
		l.Add(text.Dim, " "+c.name+" ")
	}
	return l
}

// Screen is the whole UI drawn for a terminal of w by h cells.
func (m *Model) Screen(w, h int) string {
	m.w, m.h = w, h
	m.Refresh()
	return m.theme.Render(m.screen())
}
