package tui

import (
	"fmt"
	"strconv"

	"trapline/internal/emu"
	"trapline/internal/tui/text"
)

// chooseActor lists who can go next.
func (m *Model) chooseActor() {
	m.overlay = overlay{kind: overlayActors, at: max(m.Moment.Turn, 0)}
}

// pickActor takes a digit for the list's line.
func (m *Model) pickActor(key string) {
	if n, err := strconv.Atoi(key); err == nil && n >= 1 && n <= m.Walk.Run.Actors() {
		m.overlay = overlay{}
		m.Take(n - 1)
	}
}

// unitDoes is what a step of a part of a vCPU does.
func unitDoes(u emu.Unit) string {
	if u == emu.StoreBuffer {
		return "the oldest store reaches memory: the others see it"
	}
	return "a byte that has changed since it was fetched ahead is fetched anew"
}

// actorLines has a line for each actor: the vCPUs with what they do next, then
// the interrupts.
func (m *Model) actorLines() []text.Line {
	run := m.Walk.Run
	m.overlay.at = min(m.overlay.at, run.Actors()-1)
	var lines []text.Line
	for i := range run.Actors() {
		var l text.Line
		role := text.Plain
		if i == m.overlay.at {
			role = text.Here
		}
		key := " "
		if i < len(digits) {
			key = digits[i]
		}
		l.Add(text.Key, key+" ")
		l.Pad(role, run.ActorName(i), 16)
		l.Add(text.Plain, " ")
		switch {
		case i == m.Moment.Turn:
			l.Add(text.Key, "next ")
		case !run.Can(i):
			l.Add(text.Dim, "cannot go on ")
		}
		if i < len(m.Moment.CPUs) {
			c := &m.Moment.CPUs[i]
			l.Add(text.Place, c.At+" ")
			l.Add(text.Code, c.Text)
			l.Add(text.Dim, fmt.Sprintf("  %s", c.State))
		} else if u, _, ok := run.UnitOf(i); ok && run.Can(i) {
			l.Add(text.Dim, unitDoes(u))
		} else if run.Can(i) {
			l.Add(text.Dim, "raised now, taken when the vCPU takes interrupts")
		}
		lines = append(lines, l)
	}
	return lines
}
