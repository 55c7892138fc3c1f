package tui

import (
	"fmt"

	"trapline/tui/text"
)

func (m *Model) ask() {
	m.overlay = overlay{kind: overlayQuiz}
}

func (m *Model) quizLines(w int) []text.Line {
	q := m.quiz
	var lines []text.Line
	add := func(r text.Role, s string) {
		for _, part := range text.Wrap(s, w) {
			lines = append(lines, text.Of(r, part))
		}
	}
	if q.Verdict != "" {
		add(text.Work, q.Verdict)
		lines = append(lines, nil)
	}
	if q.Over() {
		add(text.Code, fmt.Sprintf("That was all: %d of %d at the first go.", q.Right, len(q.Questions)))
		return lines
	}
	add(text.Code, q.Questions[q.At].Text)
	if form := q.Form(); form != "" {
		add(text.Dim, form)
	}
	if h := q.Hint(); h != "" {
		add(text.Dim, "Look: "+h)
	}
	var in text.Line
	in.Add(text.Key, "› "+m.overlay.input)
	in.Add(text.Here, " ")
	return append(lines, nil, in, text.Of(text.Dim, "enter answers; esc goes back to stepping, y comes back"))
}

// answer judges what was typed.
func (m *Model) answer() {
	if m.quiz.Over() {
		m.quiz.Restart()
		m.overlay = overlay{}
		return
	}
	ctx, cancel := m.Bounded()
	defer cancel()
	if m.quiz.Answer(ctx, m.overlay.input, m.Taken) {
		m.overlay.input = ""
	}
}
