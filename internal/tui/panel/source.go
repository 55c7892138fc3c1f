package panel

import (
	"fmt"
	"strings"

	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Source is the C of the kernel's text around where the vCPU stands, its line
// lit.
type Source struct{ base }

// Title implements Panel.
func (p *Source) Title() string {
	s := p.m.Source
	if s == nil || s.File == "" {
		return fmt.Sprintf("Source · cpu%d", p.m.CPU)
	}
	return fmt.Sprintf("Source · cpu%d · %s · %s", p.m.CPU, s.File, s.Func)
}

// Lines implements Panel: a window that holds the present line.
func (p *Source) Lines() []text.Line {
	s := p.m.Source
	if s == nil || s.File == "" {
		where := ""
		if s != nil {
			where = s.At
		}
		return []text.Line{text.Of(text.Dim, "not in the kernel's C: "+where), text.Of(text.Dim, "> goes on to its next line")}
	}
	here := 0
	lines := make([]text.Line, len(s.Lines))
	for i := range s.Lines {
		if s.Lines[i].Here {
			here = i
		}
		lines[i] = p.line(&s.Lines[i])
	}
	if from := max(0, min(here-p.h/2, len(lines)-p.h)); from > 0 {
		lines = lines[from:]
	}
	return lines
}

func (p *Source) line(s *walk.SourceLine) text.Line {
	var l text.Line
	mark, role := "  ", text.Code
	if s.Here {
		mark, role = "▶ ", text.Here
	}
	l.Add(text.Alarm, mark)
	l.Add(text.Dim, fmt.Sprintf("%4d  ", s.Line))
	code, comment, found := strings.Cut(s.Text, "/*")
	if !found && strings.HasPrefix(strings.TrimSpace(code), "*") { // inside a comment of several lines
		role = text.Dim
	}
	l.Add(role, code)
	if found {
		l.Add(text.Dim, "/*"+comment)
	}
	for _, n := range s.CPUs {
		if n != p.m.CPU {
			l.Add(text.Work, fmt.Sprintf("  ◂cpu%d", n))
		}
	}
	return l
}
