package panel

import (
	"strings"

	"trapline/internal/tui/figure"
	"trapline/internal/tui/text"
)

// Lesson is the scenario's own text and, below it, what handlers printed.
type Lesson struct {
	base
	Text string
}

// Title implements Panel.
func (p *Lesson) Title() string { return "Lesson" }

// Lines implements Panel.
func (p *Lesson) Lines() []text.Line {
	var lines []text.Line
	for i, para := range strings.Split(strings.TrimSpace(p.Text), "\n\n") {
		role := text.Plain
		if i == 0 {
			role = text.Code
		} else {
			lines = append(lines, nil)
		}
		for _, s := range paragraph(para, p.w) {
			lines = append(lines, text.Of(role, s))
		}
	}
	return lines
}

// paragraph joins the lines of a paragraph and wraps them; a list keeps its
// lines.
func paragraph(para string, w int) []string {
	var out []string
	var run []string
	flush := func() {
		if len(run) > 0 {
			out = append(out, text.Wrap(strings.Join(run, " "), w)...)
			run = nil
		}
	}
	for _, l := range strings.Split(para, "\n") {
		if t := strings.TrimSpace(l); t != "" && (t[0] >= '0' && t[0] <= '9' || t[0] == '-' || l[0] == ' ' || l[0] == '\t') {
			flush()
		}
		run = append(run, strings.TrimSpace(l))
	}
	flush()
	return out
}

// Log is what the probes' handlers printed so far, and what a Linux program
// wrote.
type Log struct{ base }

// Title implements Panel.
func (p *Log) Title() string {
	return figure.WordsOf(p.m.World).Log
}

// Lines implements Panel: the latest that fit.
func (p *Log) Lines() []text.Line {
	lines := p.output()
	if len(lines)+len(p.m.Log) == 0 {
		return []text.Line{text.Of(text.Dim, "nothing printed yet")}
	}
	for _, s := range p.m.Log {
		for _, part := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
			lines = append(lines, text.Of(text.Plain, part))
		}
	}
	return lines[max(0, len(lines)-max(p.h, 1)):]
}

// output is what the program wrote, by lines.
func (p *Log) output() []text.Line {
	if p.m.Output == "" {
		return nil
	}
	var lines []text.Line
	for _, s := range strings.Split(strings.TrimSuffix(p.m.Output, "\n"), "\n") {
		lines = append(lines, text.Of(text.Code, "│ "+s))
	}
	return lines
}
