package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"

	"trapline/internal/printable"
	"trapline/internal/story"
)

// output is standard output, buffered, with colour where a person looks.
// What is printed goes through package printable: no name or text has a
// terminal do something.
type output struct {
	w       *bufio.Writer
	colour  bool
	columns int         // where wrapped text ends: the terminal's width, defaultColumns elsewhere
	wrap    bool        // lines that are longer go on below: of a terminal
	partial string      // with wrap, what was printed of the last line
	onError func(error) // or nil
	args    []string    // of the program, for completion
}

// defaultColumns is the width of text for a file or a pipe.
const defaultColumns = 100

func newOutput(w io.Writer) *output {
	o := &output{w: bufio.NewWriterSize(w, 64<<10), columns: defaultColumns}
	if f, ok := w.(*os.File); ok && term.IsTerminal(f.Fd()) {
		o.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(f.Fd()); err == nil && width > 0 {
			o.columns, o.wrap = width, true
		}
	}
	return o
}

var _ io.StringWriter = (*output)(nil)

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	_, err := o.WriteString(string(p))
	return len(p), err
}

// WriteString implements io.StringWriter.
func (o *output) WriteString(s string) (int, error) {
	o.tell(printable.Text(s))
	return len(s), nil // Flush tells
}

// raw prints what needs no escaping and is not to be wrapped.
func (o *output) raw(s string) {
	s, o.partial = o.partial+s, ""
	if _, err := o.w.WriteString(s); err != nil && o.onError != nil {
		o.onError(err)
	}
}

// tell prints text that needs no escaping, wrapped for a terminal.
func (o *output) tell(s string) {
	if !o.wrap {
		o.raw(s)
		return
	}
	lines := strings.SplitAfter(o.partial+s, "\n")
	o.partial = ""
	for _, l := range lines[:len(lines)-1] {
		o.raw(wrapped(strings.TrimSuffix(l, "\n"), o.columns) + "\n")
	}
	o.partial = lines[len(lines)-1]
}

// Flush writes what is buffered. It gives the first error of all writing.
func (o *output) Flush() error {
	o.raw("")
	return o.w.Flush()
}

// object prints plain data as one JSON object on a line.
func (o *output) object(v any) {
	o.raw(jsonLine(v))
}

// jsonLine is plain data as one JSON object on a line.
func jsonLine(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data always marshals
	}
	return printable.JSON(string(b)) + "\n"
}

// sgr is the colour of each style: the 16 colours that every terminal theme
// defines, so that light and dark ones both stay readable.
var sgr = map[story.Style]string{
	story.Dim:     "2",
	story.Place:   "36",
	story.Code:    "1",
	story.Changed: "32",
	story.TrapWay: "1;35",
	story.Work:    "33",
	story.Row:     "34",
	story.Alarm:   "1;31",
}

// lines prints lines of a story.
func (o *output) lines(lines []story.Line) {
	if !o.colour {
		o.WriteString(story.Text(lines))
		return
	}
	for _, l := range lines {
		for _, s := range l {
			o.styled(s.Style, s.Text)
		}
		o.tell("\n")
	}
}

func (o *output) styled(s story.Style, text string) {
	code := sgr[s]
	if code == "" || !o.colour {
		o.WriteString(text)
		return
	}
	o.tell("\x1b[" + code + "m" + printable.Text(text) + "\x1b[0m")
}
