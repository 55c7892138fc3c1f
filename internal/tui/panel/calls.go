package panel

import (
	"fmt"
	"strings"

	"trapline/internal/tui/text"
)

// Calls is the call chain of the vCPU that is shown, the innermost level first.
type Calls struct{ base }

// Title implements Panel.
func (p *Calls) Title() string { return fmt.Sprintf("Calls · cpu%d", p.m.CPU) }

// Lines implements Panel.
func (p *Calls) Lines() []text.Line {
	if len(p.m.Chain) == 0 {
		return []text.Line{text.Of(text.Dim, "no thread is on this vCPU")}
	}
	var lines []text.Line
	maybe := false
	for i, x := range p.m.Chain {
		if x.Trap != "" {
			short, _, _ := strings.Cut(x.Trap, " ")
			lines = append(lines, text.Of(text.Trap, "── "+short+" interrupted"))
		}
		var l text.Line
		switch {
		case i == 0:
			l.Add(text.Alarm, "▸ ")
		case x.Maybe:
			l.Add(text.Dim, "? ")
			maybe = true
		default:
			l.Add(text.Plain, "  ")
		}
		role := text.Place
		if x.Maybe {
			role = text.Dim
		}
		l.Add(role, x.At)
		if x.Return {
			l.Add(text.Work, "  a return probe's, for the caller")
		}
		lines = append(lines, l)
	}
	if maybe {
		lines = append(lines, text.Of(text.Dim, "? may be left over from an earlier call"))
	}
	return lines
}
