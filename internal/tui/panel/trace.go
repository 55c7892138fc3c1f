package panel

import (
	"fmt"

	"trapline/internal/tui/text"
)

// Trace is the trace events that fired so far, as lines of the trace file
// without its clock.
type Trace struct{ base }

// Title implements Panel.
func (p *Trace) Title() string {
	if p.m.Fired == 1 {
		return "Trace · 1 event"
	}
	return fmt.Sprintf("Trace · %d events", p.m.Fired)
}

// Lines implements Panel: the latest that fit, wrapped.
func (p *Trace) Lines() []text.Line {
	if len(p.m.Trace) == 0 {
		return []text.Line{text.Of(text.Dim, "no event has fired yet")}
	}
	var lines []text.Line
	for i, s := range p.m.Trace {
		role := text.Plain
		if i == len(p.m.Trace)-1 && p.justFired() {
			role = text.Changed
		}
		for _, part := range text.Wrap(s, max(p.w, 1)) {
			lines = append(lines, text.Of(role, part))
		}
	}
	return lines[max(0, len(lines)-max(p.h, 1)):]
}

// justFired reports whether the last step fired an event.
func (p *Trace) justFired() bool {
	if p.m.Step == nil {
		return false
	}
	for _, n := range p.m.Step.Notes {
		if n.Kind == "event" {
			return true
		}
	}
	return false
}
