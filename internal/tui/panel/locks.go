package panel

import (
	"fmt"

	"trapline/internal/tui/figure"
	"trapline/internal/tui/text"
)

// Locks are the lock words with owner and who waits.
type Locks struct{ base }

// Title implements Panel.
func (p *Locks) Title() string {
	return figure.WordsOf(p.m.World).Locks
}

// Lines implements Panel.
func (p *Locks) Lines() []text.Line {
	if len(p.m.Locks) == 0 {
		return []text.Line{text.Of(text.Dim, figure.WordsOf(p.m.World).NoLock)}
	}
	var lines []text.Line
	for _, x := range p.m.Locks {
		var l text.Line
		l.Pad(text.Code, x.Name, 16)
		role := text.Dim
		if x.Owner != "free" {
			role = text.Work
		}
		if x.Changed {
			role = text.Changed
		}
		switch {
		case x.Owner == "free":
			l.Add(role, "free")
		default:
			l.Add(role, "held by "+x.Owner)
		}
		var waits text.Line
		for _, w := range x.Waiting {
			waits.Add(text.Alarm, fmt.Sprintf("  %s waits", w))
		}
		if p.w > 0 && l.Width()+waits.Width() > p.w {
			lines = append(lines, l, waits)
			continue
		}
		lines = append(lines, append(l, waits...))
	}
	return lines
}
