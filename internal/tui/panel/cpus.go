package panel

import (
	"fmt"
	"strings"

	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// CPUs has a column for each vCPU: where it stands, what it does next, where
// it is in a hit.
type CPUs struct{ base }

// Title implements Panel.
func (p *CPUs) Title() string { return "vCPUs" }

// columnWidth is the least width of a vCPU's column, in cells.
const columnWidth = 20

// Lines implements Panel: columns if there is room, else two lines each, or one.
func (p *CPUs) Lines() []text.Line {
	n := len(p.m.CPUs)
	if n == 0 {
		return nil
	}
	if p.w/n < columnWidth {
		return p.list()
	}
	width := p.w / n
	lines := make([]text.Line, 4)
	for i := range p.m.CPUs {
		for j, l := range p.column(&p.m.CPUs[i]) {
			lines[j] = append(lines[j], l.Fit(width-1)...)
			lines[j].Add(text.Plain, " ")
		}
	}
	return append(lines, p.interrupts()...)
}

// interrupts has a line for each that can be raised, or was, and for each part of a
// vCPU that works by itself.
func (p *CPUs) interrupts() []text.Line {
	var lines []text.Line
	for _, x := range p.m.Raisable {
		var l text.Line
		l.Add(text.Code, x.Name)
		if x.ID == p.m.Turn {
			l.Add(text.Key, " next")
		}
		switch {
		case x.ID == p.m.Turn && !x.Unit:
		case x.Unit && len(x.Holds) > 0:
			l.Add(text.Plain, " ")
			l.Add(text.Changed, x.Holds[0])
			if len(x.Holds) > 1 {
				l.Add(text.Plain, ", "+strings.Join(x.Holds[1:], ", "))
			}
		case x.Unit:
			l.Add(text.Dim, " empty")
		case x.Able:
			l.Add(text.Dim, " can be raised")
		default:
			l.Add(text.Dim, " was raised")
		}
		lines = append(lines, l)
	}
	return lines
}

func (p *CPUs) column(c *walk.CPU) [4]text.Line {
	var l [4]text.Line
	l[0] = p.name(c, true)
	l[1].Add(text.Place, c.At)
	l[2].Add(text.Code, c.Text)
	l[3] = p.state(c)
	return l
}

// name is a vCPU with its ring: always, or only where it is not 0.
func (p *CPUs) name(c *walk.CPU, ring bool) text.Line {
	var l text.Line
	role := text.Code
	if c.ID == p.m.CPU {
		role = text.Here
	}
	l.Add(role, fmt.Sprintf("cpu%d", c.ID))
	if c.Ring > 0 || ring && c.Ring == 0 {
		l.Add(text.Dim, fmt.Sprintf(" ring %d", c.Ring))
	}
	if c.ID == p.m.Turn {
		l.Add(text.Key, " next")
	}
	return l
}

func (p *CPUs) state(c *walk.CPU) text.Line {
	var l text.Line
	role := text.Dim
	switch {
	case c.Thread != 0 && !strings.Contains(c.State, "waits"), c.State == "idle":
	case c.State != "runs" && c.State != "halted":
		role = text.Alarm
	}
	l.Add(role, c.State)
	if c.Phase != walk.Away {
		l.Add(text.Work, " "+stateName(p.m.Engine, c.Phase))
	}
	return l
}

func (p *CPUs) list() []text.Line {
	var lines []text.Line
	for i := range p.m.CPUs {
		c := &p.m.CPUs[i]
		l := p.name(c, false)
		l.Add(text.Plain, "  ")
		l = append(l, p.state(c)...)
		if p.h > 0 && 2*len(p.m.CPUs) > p.h {
			l.Add(text.Place, "  "+c.At)
			lines = append(lines, l)
			continue
		}
		var at text.Line
		at.Add(text.Place, "  "+c.At+" ")
		at.Add(text.Code, c.Text)
		lines = append(lines, l, at)
	}
	return append(lines, p.interrupts()...)
}
