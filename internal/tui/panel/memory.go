package panel

import (
	"fmt"

	"trapline/internal/tui/text"
	"trapline/internal/x86"
)

// Memory is bytes of memory with what the last step changed: the probed code
// and what was written, or where the viewer looks.
type Memory struct{ base }

// Title implements Panel.
func (p *Memory) Title() string { return "Memory" }

// leastAddr is the least room for an address, in cells.
const leastAddr = 8

// Lines implements Panel.
func (p *Memory) Lines() []text.Line {
	var lines []text.Line
	per := 16
	if p.w < 17*3+10 {
		per = 8
	}
	for _, r := range p.m.Memory {
		if r.Title != "" {
			lines = append(lines, text.Of(text.Place, r.Title))
		}
		width := max(min(len(r.Addr), p.w-1-3*per), leastAddr)
		addr := short64(r.Addr, width)
		for from := 0; from < len(r.Bytes); from += per {
			var l text.Line
			if from == 0 {
				l.Add(text.Dim, addr+" ")
			} else {
				l.Pad(text.Plain, "", width+1)
			}
			for i := from; i < min(from+per, len(r.Bytes)); i++ {
				role := changed(r.Changed[i])
				if r.Bytes[i] == x86.Int3 && !r.Changed[i] {
					role = text.Alarm
				}
				l.Add(role, fmt.Sprintf("%02x", r.Bytes[i]))
				l.Add(text.Plain, " ")
			}
			lines = append(lines, l)
		}
	}
	return lines
}
