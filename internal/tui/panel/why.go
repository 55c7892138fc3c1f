package panel

import (
	"fmt"
	"strings"

	"trapline/internal/tui/text"
)

// Why says in plain words what the last step was and why.
type Why struct {
	base
	Message string // of the viewer, above the reasons until the next move
	Asks    bool   // the viewer has questions of a lesson
}

// Title implements Panel.
func (p *Why) Title() string {
	if p.m.Step == nil {
		return "Why"
	}
	return fmt.Sprintf("Why · step %d · cpu%d", p.m.At, p.m.Step.CPU)
}

// Lines implements Panel.
func (p *Why) Lines() []text.Line {
	var lines []text.Line
	if p.Message != "" {
		for _, s := range text.Wrap(p.Message, p.w) {
			lines = append(lines, text.Of(text.Work, s))
		}
	}
	if p.m.Step == nil {
		return append(lines, p.welcome()...)
	}
	role := text.Code
	if p.m.Step.Delivery != nil {
		role = text.Trap
	} else if p.m.Step.Micro != nil {
		role = text.Work
	}
	lines = append(lines, text.Of(role, p.m.Head))
	for _, r := range p.m.Why {
		lines = append(lines, p.reason(r.Row, r.Text)...)
	}
	for _, n := range p.m.Notes {
		for _, s := range text.Wrap(n, p.w) {
			lines = append(lines, text.Of(noteRole(n), s))
		}
	}
	for _, v := range p.m.Violated {
		if v.Step == p.m.At {
			lines = append(lines, text.Of(text.Alarm, "✗ VIOLATED "+v.String()))
		}
	}
	if p.m.Over != "" {
		lines = append(lines, text.Of(text.Dim, "the end: "+p.m.Over))
	}
	return lines
}

// noteRole is a note's by the glyph that it begins with.
func noteRole(n string) text.Role {
	switch {
	case strings.HasPrefix(n, ">"), strings.HasPrefix(n, "-"): // a handler's print, the kernel's work
		return text.Plain
	case strings.HasPrefix(n, "●"), strings.HasPrefix(n, "✦"):
		return text.Code
	}
	return text.Alarm
}

func (p *Why) reason(row, s string) []text.Line {
	var lines []text.Line
	for i, part := range text.Wrap(s, max(p.w-5, 20)) {
		var l text.Line
		if i > 0 {
			row = ""
		}
		l.Pad(text.Row, row, 4)
		l.Add(text.Plain, " "+part)
		lines = append(lines, l)
	}
	return lines
}

// welcome is what the first screen says: the three keys that matter.
func (p *Why) welcome() []text.Line {
	var l text.Line
	l.Add(text.Plain, "Press ")
	l.Add(text.Key, "→")
	l.Add(text.Plain, " to step, ")
	l.Add(text.Key, "←")
	l.Add(text.Plain, " to go back, ")
	told := "Nothing has run yet. The lesson's text is a panel (Tab) where it is not shown; q leaves."
	if p.Asks {
		l.Add(text.Key, "y")
		l.Add(text.Plain, " for the questions, ")
		told = "Nothing has run yet. Tab turns to the next panel, PgDn scrolls it; q leaves."
	}
	l.Add(text.Key, "?")
	l.Add(text.Plain, " for everything else.")
	lines := []text.Line{l}
	for _, s := range text.Wrap(told, p.w) {
		lines = append(lines, text.Of(text.Dim, s))
	}
	return lines
}
