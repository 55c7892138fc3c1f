package panel

import (
	"fmt"
	"strings"
	"trapline/internal/engines"

	"trapline/internal/tui/text"
)

// Traps is the panel of who takes which trap in a world: the IDT, or a program's
// processes, whose kernel is Go.
func Traps(w engines.World) Panel {
	return map[engines.World]Panel{engines.Kernel: &Gates{}, engines.Program: &Process{}}[w]
}

// Gates are the IDT entries of the story, the one in use decoded.
type Gates struct{ base }

// Title implements Panel.
func (p *Gates) Title() string { return "IDT" }

// Lines implements Panel.
func (p *Gates) Lines() []text.Line {
	var lines []text.Line
	for _, g := range p.m.Gates {
		var l text.Line
		role, mark := text.Plain, "  "
		if g.Used {
			role, mark = text.Here, "▶ "
		}
		l.Add(text.Alarm, mark)
		l.Pad(role, fmt.Sprintf("%3d %s", g.Vector, short(g.Name)), 8)
		if p.w < 50 {
			l.Add(text.Plain, fmt.Sprintf(" %-9s DPL %d ", strings.TrimSuffix(g.Type, " gate"), g.DPL))
		} else {
			l.Add(text.Plain, fmt.Sprintf(" %-14s DPL %d ", g.Type, g.DPL))
		}
		l.Add(text.Place, "→ "+g.To)
		lines = append(lines, l)
		if g.Used {
			raw := text.Of(text.Dim, "     "+g.Addr+": "+g.Raw)
			if raw.Width() > p.w { // the bytes matter more than where they are
				raw = text.Of(text.Dim, "     "+g.Raw)
			}
			lines = append(lines, raw)
		}
	}
	return lines
}

func short(name string) string {
	for i := range name {
		if name[i] == ' ' && name[0] == '#' {
			return name[:i]
		}
	}
	if len(name) > 3 && name[:4] == "inte" {
		return "int"
	}
	return name
}
