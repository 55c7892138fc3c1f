package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"

	"github.com/charmbracelet/x/term"

	"trapline/scenarios/story"
)

// output is standard output, buffered, with colour where a person looks.
type output struct {
	*bufio.Writer
	colour bool
}

func newOutput(w io.Writer) *output {
	f, ok := w.(*os.File)
	colour := ok && term.IsTerminal(f.Fd()) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return &output{bufio.NewWriterSize(w, 64<<10), colour}
}

// object prints plain data as one JSON object on a line.
func (o *output) object(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data always marshals
	}
	o.Write(append(b, '\n'))
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
		o.WriteByte('\n')
	}
}

func (o *output) styled(s story.Style, text string) {
	code := sgr[s]
	if code == "" || !o.colour {
		o.WriteString(text)
		return
	}
	o.WriteString("\x1b[" + code + "m" + text + "\x1b[0m")
}
