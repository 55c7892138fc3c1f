// Package text is styled text in cells: lines of spans whose styles are roles,
// cut to a width with a mark, rendered by a theme. Panels make lines; only a
// theme knows colours.
package text

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"trapline/internal/printable"
)

// Role is what a piece of text is.
type Role uint8

// Roles.
const (
	Plain   Role = iota
	Dim          // there for completeness
	Place        // addresses and symbols
	Code         // instructions
	Changed      // what the last step changed
	Trap         // deliveries
	Work         // kernel-side work
	Row          // rows of the semantics checklist
	Alarm        // breakpoints, misses, violations
	Here         // the present place
	Title        // of panels
	Key          // keys to press
	Lit          // the present state of a diagram
	roles
)

// Span is text of one role.
type Span struct {
	Role Role
	Text string
}

// Line is one line of cells.
type Line []Span

// Of makes a line of one span.
func Of(r Role, s string) Line { return Line{{r, s}} }

// Add appends a span.
func (l *Line) Add(r Role, s string) { *l = append(*l, Span{r, s}) }

// Pad appends s padded with blanks to at least n cells.
func (l *Line) Pad(r Role, s string, n int) {
	if k := n - ansi.StringWidth(s); k > 0 {
		s += strings.Repeat(" ", k)
	}
	l.Add(r, s)
}

// Width is the line's width in cells.
func (l Line) Width() int {
	n := 0
	for _, s := range l {
		n += ansi.StringWidth(s.Text)
	}
	return n
}

// String is the text without roles.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// printable is the line with the escapes of package printable.
func (l Line) printable() Line {
	for i, s := range l {
		safe := printable.Text(s.Text)
		if safe == s.Text {
			continue
		}
		out := append(Line(nil), l...)
		out[i].Text = safe
		for j := i + 1; j < len(out); j++ {
			out[j].Text = printable.Text(out[j].Text)
		}
		return out
	}
	return l
}

// Cut is the mark of a line that goes on behind the edge.
const Cut = "…"

// Fit makes the line exactly w cells wide; what is cut off is marked.
func (l Line) Fit(w int) Line {
	if w <= 0 {
		return nil
	}
	l = l.printable()
	n := l.Width()
	if n <= w {
		return append(l[:len(l):len(l)], Span{Plain, strings.Repeat(" ", w-n)})
	}
	var out Line
	left := w - 1
	for _, s := range l {
		k := ansi.StringWidth(s.Text)
		if k > left {
			out.Add(s.Role, ansi.Truncate(s.Text, left, ""))
			out.Add(Dim, Cut)
			break
		}
		out.Add(s.Role, s.Text)
		left -= k
	}
	if k := w - out.Width(); k > 0 {
		out.Add(Plain, strings.Repeat(" ", k))
	}
	return out
}

// Wrap breaks text at blanks into lines of at most w cells.
func Wrap(s string, w int) []string {
	if w < 1 {
		return nil
	}
	return strings.Split(ansi.Wrap(s, w, ""), "\n")
}

// Block makes exactly h lines of w cells; lines that do not fit are cut, with
// a mark in the last.
func Block(lines []Line, w, h int) []Line {
	out := make([]Line, 0, h)
	for i := 0; i < h; i++ {
		switch {
		case i == h-1 && len(lines) > h:
			out = append(out, Of(Dim, "⋮ "+more(len(lines)-h+1)).Fit(w))
		case i < len(lines):
			out = append(out, lines[i].Fit(w))
		default:
			out = append(out, Line(nil).Fit(w))
		}
	}
	return out
}

func more(n int) string {
	if n == 1 {
		return "1 more line"
	}
	return strconv.Itoa(n) + " more lines"
}
