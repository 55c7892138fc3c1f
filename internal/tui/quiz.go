package tui

import (
	"fmt"

	"github.com/charmbracelet/x/ansi"

	"trapline/internal/tui/text"
)

func (m *Model) ask() {
	m.overlay = overlay{kind: overlayQuiz}
}

// quizLines are h lines at most: a verdict gives way to the question.
func (m *Model) quizLines(w, h int) []text.Line {
	asked := m.askedLines(w)
	verdict := m.quiz.Verdict
	if verdict == "" {
		return asked
	}
	var lines []text.Line
	for _, part := range text.Wrap(verdict, w) {
		lines = append(lines, text.Of(text.Work, part))
	}
	if room := max(1, h-len(asked)-1); len(lines) > room {
		more := text.Of(text.Dim, fmt.Sprintf("⋮ %d more lines", len(lines)-room+1))
		lines = append(lines[:room-1], more)
	}
	return append(append(lines, nil), asked...)
}

// askedLines are the question and the line for its answer.
func (m *Model) askedLines(w int) []text.Line {
	q := m.quiz
	var lines []text.Line
	add := func(r text.Role, s string) {
		for _, part := range text.Wrap(s, w) {
			lines = append(lines, text.Of(r, part))
		}
	}
	if q.Over() {
		add(text.Code, fmt.Sprintf("That was all: %d of %d at the first go.", q.Right, len(q.Questions)))
		return append(lines, nil, text.Of(text.Dim, "esc goes back to stepping; enter begins again with the first question"))
	}
	add(text.Code, q.Questions[q.At].Text)
	if form := q.Form(); form != "" {
		add(text.Dim, form)
	}
	if h := q.Hint(); h != "" {
		add(text.Dim, "Look: "+h)
	}
	var in text.Line
	in.Add(text.Key, "› "+tail(m.overlay.input, w-3))
	in.Add(text.Here, " ")
	return append(lines, nil, in, text.Of(text.Dim, "enter answers; esc goes back to stepping, y comes back"))
}

// tail is s, or the end of it that fits into w cells.
func tail(s string, w int) string {
	return ansi.TruncateLeft(s, max(0, ansi.StringWidth(s)-w+1), "…")
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
