package tui

import (
	"fmt"
	"strings"

	"trapline/docs"
	"trapline/internal/tui/text"
)

// explain shows the rows of the present step, or asks for one where it cites none.
func (m *Model) explain() {
	ids := m.RowsHere()
	if len(ids) == 0 {
		m.askRow()
		return
	}
	m.overlay = overlay{kind: overlayExplain, rows: ids}
}

// askRow asks for a row by its name.
func (m *Model) askRow() {
	m.overlay = overlay{kind: overlayPrompt, label: "explain row, such as K4", accept: (*Model).promptRow}
}

func (m *Model) promptRow(s string) error {
	row := docs.Find(s)
	if row == nil {
		return fmt.Errorf("no row %s; trapline explain lists them", s)
	}
	m.overlay = overlay{kind: overlayExplain, rows: []string{row.ID}}
	return nil
}

// explainLines are the rows as trapline explain prints them, without their code and tests.
func (m *Model) explainLines(w int) []text.Line {
	var lines []text.Line
	add := func(role text.Role, s string) {
		for _, part := range text.Wrap(s, w) {
			lines = append(lines, text.Of(role, part))
		}
	}
	for i, id := range m.overlay.rows {
		row := docs.Find(id)
		if i > 0 {
			lines = append(lines, nil)
		}
		add(text.Code, row.ID+"  "+row.Title)
		for p := range strings.SplitSeq(docs.Plain(row.Text), "\n\n") {
			add(text.Plain, p)
		}
		add(text.Dim, "Source: "+docs.Plain(row.Source))
		if !row.Implemented() || row.Today != "yes" {
			add(text.Dim, "Today: "+docs.Plain(row.Today))
		}
		if len(row.Scenarios) > 0 {
			add(text.Dim, "Shown by: "+strings.Join(row.Scenarios, ", "))
		}
	}
	return lines
}
