package panel

import (
	"fmt"

	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Probes are the probes with their state, hits and misses.
type Probes struct{ base }

// Title implements Panel.
func (p *Probes) Title() string { return "Probes · engine " + p.m.Engine }

// Lines implements Panel: a line for each, or two where that is too long.
func (p *Probes) Lines() []text.Line {
	if len(p.m.Probes) == 0 {
		return []text.Line{text.Of(text.Dim, "no probes")}
	}
	var lines []text.Line
	for i := range p.m.Probes {
		x := &p.m.Probes[i]
		name, counts := probeName(x), probeCounts(x)
		at := text.Of(text.Place, "  "+x.At)
		at = append(at, p.where(x)...)
		if p.w == 0 || name.Width()+counts.Width()+at.Width() <= p.w {
			lines = append(lines, append(append(name, counts...), at...))
			continue
		}
		first, second := append(name, at...), append(text.Of(text.Plain, " "), counts...)
		if first.Width() > p.w { // a long name
			first, second = name, append(second, at...)
		}
		lines = append(lines, first, second)
	}
	return lines
}

// where tells in which processes a uprobe's breakpoint stands, where there are
// several.
func (p *Probes) where(x *walk.Probe) text.Line {
	if len(p.m.Processes) < 2 {
		return nil
	}
	var l text.Line
	for _, pid := range x.In {
		l.Add(text.Plain, fmt.Sprintf(" ⚑%d", pid))
	}
	for _, pid := range x.Out {
		l.Add(text.Dim, fmt.Sprintf(" ⚐%d", pid))
	}
	return l
}

func probeName(x *walk.Probe) text.Line {
	var l text.Line
	l.Pad(text.Code, x.Name, 8)
	role, flag := text.Plain, "⚑ "
	switch x.State {
	case "lost", "not registered", "refused":
		role, flag = text.Alarm, "✗ "
	case "disarmed", "unused", "disabled", "removed", "not mapped", "out":
		role, flag = text.Work, "⚐ "
	case "stepping":
		role, flag = text.Lit, "⚐ "
	}
	l.Add(text.Plain, " ")
	l.Pad(role, flag+x.State, 10)
	return l
}

func probeCounts(x *walk.Probe) text.Line {
	l := text.Of(text.Plain, fmt.Sprintf(" hits %d", x.Hits))
	if x.Missed > 0 {
		l.Add(text.Alarm, fmt.Sprintf(" missed %d", x.Missed))
	} else {
		l.Add(text.Dim, " missed 0")
	}
	if x.Reentrant > 0 {
		l.Add(text.Alarm, fmt.Sprintf(" nested %d", x.Reentrant))
	}
	if x.Errno != 0 {
		l.Add(text.Alarm, fmt.Sprintf(" errno %d", x.Errno))
	}
	if x.Faults > 0 {
		l.Add(text.Work, fmt.Sprintf(" faults %d", x.Faults))
	}
	return l
}
