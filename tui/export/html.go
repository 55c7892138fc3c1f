package export

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"html"

	"trapline/emu/printable"
	"trapline/emu/record"
	"trapline/tui/panel"
	"trapline/tui/text"
	"trapline/tui/walk"
)

//go:embed page.html
var page []byte

// pageData is what the page's script works on.
type pageData struct {
	Title   string         `json:"title"`
	Lesson  string         `json:"lesson"`
	Engine  string         `json:"engine"`
	End     uint64         `json:"end"`
	Left    uint64         `json:"left,omitempty"` // steps that are not in the page
	CPUs    int            `json:"cpus"`
	States  []panel.State  `json:"states"`
	Edges   []panel.Edge   `json:"edges"`
	Marks   []pageMark     `json:"marks"`
	Glyphs  []pageGlyph    `json:"glyphs"`
	Moments []*walk.Moment `json:"moments"`
}

type pageMark struct {
	At   uint64      `json:"at"`
	CPU  uint8       `json:"cpu"`
	Kind record.Kind `json:"kind"`
}

type pageGlyph struct {
	Kind  record.Kind `json:"kind"`
	Glyph string      `json:"glyph"`
	Name  string      `json:"name"`
	Class string      `json:"class"` // of its colour
}

// glyphClass is a role's class in the page.
var glyphClass = map[text.Role]string{
	text.Alarm: "alarm", text.Changed: "changed", text.Work: "work", text.Trap: "trap", text.Place: "place", text.Row: "row", text.Code: "code",
}

// maxPageMarks bounds the marks of a page's timeline.
const maxPageMarks = 20_000

// HTML makes one page with everything in it: no network is needed, and a
// policy in the page forbids it.
func HTML(ctx context.Context, w *walk.Walk) ([]byte, error) {
	d := pageData{
		Title: printable.Name(w.Run.File.Title()), Lesson: printable.Text(w.Run.File.Text), Engine: w.Run.Engine(), End: w.End(),
		CPUs: len(w.Run.Machine.CPUs), States: panel.States(w.Run.Engine()), Edges: panel.Edges(w.Run.Engine()),
	}
	for _, m := range w.Marks() {
		if len(d.Marks) < maxPageMarks {
			d.Marks = append(d.Marks, pageMark(m))
		}
	}
	for _, g := range panel.Glyphs {
		d.Glyphs = append(d.Glyphs, pageGlyph{g.Kind, g.Glyph, g.Name, glyphClass[g.Role]})
	}
	var err error
	d.Left, err = told(ctx, w, func() error {
		d.Moments = append(d.Moments, w.Moment(walk.Look{CPU: -1, Code: 18, Stack: 22}))
		return nil
	})
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(d) // escapes <, > and &, so it may stand in a script
	if err != nil {
		return nil, err
	}
	out := bytes.Replace(page, []byte("{{TITLE}}"), []byte(html.EscapeString(d.Title)), 1)
	return bytes.Replace(out, []byte("{{DATA}}"), data, 1), nil
}
