package tui

import (
	"trapline/internal/tui/panel"
)

// area is where a panel is, in cells of the terminal; its title line is the
// line above.
type area struct {
	p          panel.Panel
	x, y, w, h int
}

// slot is a panel in a column: at least min lines, more by weight. A slot that
// has no room is left out.
type slot struct {
	p           panel.Panel
	min, weight int
}

type column struct {
	weight int
	slots  []slot
}

// Sizes from which more panels are shown at once.
const (
	mediumWidth, mediumHeight = 100, 36
	largeWidth, largeHeight   = 160, 48
)

// size is how much is shown at once.
type size uint8

const (
	small size = iota
	medium
	large
)

func (m *Model) size() size {
	switch {
	case m.presenter:
		return small
	case m.w >= largeWidth && m.h >= largeHeight:
		return large
	case m.w >= mediumWidth && m.h >= mediumHeight+max(len(m.Moment.CPUs)-2, 0): // each has a line of the timeline
		return medium
	}
	return small
}

// MinWidth and MinHeight are the least that the UI draws in.
const (
	MinWidth  = 40
	MinHeight = 12
)

// arrange lays out the panels between the header and the footer.
func (m *Model) arrange() []area {
	s := &m.set
	head := len(m.header())
	height := m.h - 1 - head
	timeline := len(m.Moment.CPUs) + 1
	why := 3
	if m.h >= mediumHeight {
		timeline, why = timeline+1, 5
	}
	if m.presenter {
		why = min(max(5, m.h/5), 9)
	}
	timeline = min(timeline, max(m.h*2/5, 2))
	body := height - timeline - why - 2
	below := area{s.timeline, 0, m.h - 1 - timeline, m.w, timeline}
	if m.Other != nil {
		half := (m.w - 1) / 2
		beside := below
		beside.p, beside.x, beside.w = m.otherSet.timeline, half+1, m.w-half-1
		below.w = half
		return append(m.twoEngines(head, body+why+1), below, beside)
	}
	top := 0 // lines of what is above the columns
	var out []area
	if m.presenter {
		diagram, big := m.presented()
		if top = diagram; diagram > 0 {
			out = append(out, area{s.diagram, 0, head + 1, m.w, diagram - 1})
		}
		out = append(out, area{s.big, 0, head + top + 1, m.w, big - 1})
		top += big
	}
	out = append(out, place(m.columns(body-top), 0, head+top, m.w, body-top)...)
	return append(out, area{s.why, 0, body + head + 1, m.w, why}, below)
}

// presented is how many lines the diagram and the large letters of presenter mode
// have, their titles among them: letters twice as large, and large boxes, where there
// is room; without a diagram where there is too little.
func (m *Model) presented() (diagram, big int) {
	switch {
	case m.h >= 48:
		return 8, 11
	case m.h >= 36:
		return 6, 6
	case m.h >= 30:
		return 5, 6
	}
	return 0, 6
}

// columns chooses the panels for the terminal's size, h lines of them.
func (m *Model) columns(h int) []column {
	s := &m.set
	tab := m.tabPanel()
	many := len(m.Moment.CPUs) > 1
	cpus := slot{s.cpus, 4 + len(m.Moment.Raisable), 0}
	registers := 11
	if h < 25 && len(m.Moment.Regs) < 10 {
		registers = 7 // in two columns
	}
	var trace []slot
	if m.HasEvents() {
		trace = []slot{{s.trace, 5, 1}}
	}
	if !many {
		cpus = slot{s.locks, 2, 0}
	}
	switch size := m.size(); {
	case m.presenter:
		return []column{{3, []slot{{s.code, 3, 1}}}, {2, []slot{{tab, 3, 1}}}}
	case size == large:
		middle := []slot{{s.code, 10, 4}}
		if m.Walk.HasSource() {
			middle = append(middle, slot{s.source, 9, 4})
		}
		return []column{
			{4, append([]slot{{s.lesson, 8, 3}, {s.probes, 4, 1}, {s.locks, 3, 0}, {s.log, 5, 1}}, trace...)},
			{6, append(middle, slot{s.diagram, 5, 0}, slot{s.cpus, 4 + len(m.Moment.Raisable), 0}, slot{s.memory, 6, 2})},
			{4, []slot{{s.registers, 12, 0}, {s.stack, 10, 3}, {s.calls, 7, 1}, {s.gates, 8, 1}}},
		}
	case size == medium:
		return []column{
			{5, []slot{{s.code, 8, 3}, {s.diagram, 5, 0}, {s.probes, 2, 1}, cpus}},
			{4, []slot{{s.registers, registers, 0}, {s.stack, 4, 2}, {tab, 5, 1}}},
		}
	case m.w < 72:
		return []column{{1, []slot{{s.code, 4, 2}, {tab, 4, 2}, {s.diagram, 3, 0}}}}
	}
	switch {
	case h < 12:
		return []column{{1, []slot{{nil, 4, 1}, {s.diagram, 2, 0}}}}
	case h < 16:
		return []column{{1, []slot{{nil, 7, 1}, {s.diagram, 3, 0}}}}
	}
	return []column{{1, []slot{{nil, 9, 1}, {s.diagram, 4, 0}}}} // with what the states do
}

// twoEngines puts two walks side by side.
func (m *Model) twoEngines(y, h int) []area {
	half := (m.w - 1) / 2
	side := func(s *panels) []column {
		slots := []slot{{s.code, 5, 3}, {s.diagram, 3, 0}, {s.probes, 2, 0}, {s.why, 3, 1}}
		if m.h >= mediumHeight {
			slots = append(slots, slot{s.registers, 6, 1})
		}
		return []column{{1, slots}}
	}
	out := place(side(&m.set), 0, y, half, h)
	return append(out, place(side(&m.otherSet), half+1, y, m.w-half-1, h)...)
}

// place gives each column its width and each slot its lines.
func place(cols []column, x, y, w, h int) []area {
	total, right := 0, x+w
	for _, c := range cols {
		total += c.weight
	}
	var out []area
	for i, c := range cols {
		cw := (w - len(cols) + 1) * c.weight / total
		if i == len(cols)-1 {
			cw = right - x
		}
		out = append(out, stackUp(c.slots, x, y, cw, h)...)
		x += cw + 1
	}
	return out
}

// stackUp gives slots their least height from the top, drops what does not
// fit, and shares the rest by weight.
func stackUp(slots []slot, x, y, w, h int) []area {
	used, weight := 0, 0
	var kept []slot
	for _, s := range slots {
		if used+s.min+1 <= h {
			kept = append(kept, s)
			used += s.min + 1
			weight += s.weight
		}
	}
	spare := h - used
	var out []area
	for i, s := range kept {
		n := s.min
		if weight > 0 && s.weight > 0 {
			extra := spare * s.weight / weight
			n += extra
			spare -= extra
			weight -= s.weight
		} else if weight == 0 && i == len(kept)-1 {
			n += spare
		}
		out = append(out, area{s.p, x, y + 1, w, n})
		y += n + 1
	}
	return out
}
