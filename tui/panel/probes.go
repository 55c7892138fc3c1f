package panel

import (
	"fmt"

	"trapline/tui/text"
)

// Probes are the probes with their state, hits and misses.
type Probes struct{ base }

// Title implements Panel.
func (p *Probes) Title() string { return "Probes · engine " + p.m.Engine }

// Lines implements Panel.
func (p *Probes) Lines() []text.Line {
	if len(p.m.Probes) == 0 {
		return []text.Line{text.Of(text.Dim, "no probes")}
	}
	var lines []text.Line
	for _, x := range p.m.Probes {
		var l text.Line
		l.Pad(text.Code, x.Name, 8)
		role, flag := text.Plain, "⚑ "
		switch x.State {
		case "lost", "not registered":
			role, flag = text.Alarm, "✗ "
		case "disarmed", "unused":
			role, flag = text.Work, "⚐ "
		case "stepping":
			role, flag = text.Lit, "⚐ "
		}
		l.Add(text.Plain, " ")
		l.Pad(role, flag+x.State, 10)
		l.Add(text.Plain, fmt.Sprintf(" hits %d", x.Hits))
		if x.Missed > 0 {
			l.Add(text.Alarm, fmt.Sprintf(" missed %d", x.Missed))
		} else {
			l.Add(text.Dim, " missed 0")
		}
		if x.Reentrant > 0 {
			l.Add(text.Alarm, fmt.Sprintf(" nested %d", x.Reentrant))
		}
		if x.Faults > 0 {
			l.Add(text.Work, fmt.Sprintf(" faults %d", x.Faults))
		}
		l.Add(text.Place, "  "+x.At)
		lines = append(lines, l)
	}
	return lines
}
