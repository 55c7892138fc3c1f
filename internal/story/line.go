package story

import "strings"

// Style is what a piece of text is; whoever shows it chooses the colour.
type Style uint8

// Styles of spans.
const (
	Plain   Style = iota
	Dim           // what is there for completeness
	Place         // addresses and symbols
	Code          // disassembly
	Changed       // values that the step changed
	TrapWay       // deliveries
	Work          // names of micro-steps
	Row           // rows of the semantics checklist
	Reasons       // why
	Alarm         // breakpoints, signals, violations
)

// Span is text of one style.
type Span struct {
	Style Style
	Text  string
}

// Line is one line of a story.
type Line []Span

// String is the line without styles and without blanks at its end.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return strings.TrimRight(b.String(), " ")
}

// Text joins lines, each with its line feed.
func Text(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// width is the length of a line so far, in bytes: the story is ASCII.
func (l Line) width() int {
	n := 0
	for _, s := range l {
		n += len(s.Text)
	}
	return n
}

// add appends text padded to at least width bytes.
func (l *Line) add(s Style, text string, width int) {
	if pad := width - len(text); pad > 0 {
		text += strings.Repeat(" ", pad)
	}
	*l = append(*l, Span{s, text})
}
