package tui

import (
	"cmp"
	"fmt"
	"strings"

	"trapline/tui/text"
)

// Question is one of a lesson's, answered by stepping.
type Question struct {
	Text    string
	Answers []string // any of them, compared by Right
	Hint    string   // where to look
	Because string   // shown with the right answer
	Wrong   []Mistake
}

// Mistake is an answer that is wrong, and what it would mean.
type Mistake struct{ Answer, Means string }

// Means says what a wrong answer would mean, or "".
func (q *Question) Means(answer string) string {
	for _, m := range q.Wrong {
		if same(m.Answer, answer) {
			return m.Means
		}
	}
	return ""
}

// quiz is how far the questions are answered.
type quiz struct {
	questions []Question
	at        int
	right     int
	verdict   string
	tries     int
}

// MaxTries is after how many wrong answers the right one is told.
const MaxTries = 3

func (m *Model) ask() {
	m.overlay = overlay{kind: overlayQuiz}
}

func (m *Model) quizTitle() string {
	return fmt.Sprintf("Question %d of %d", min(m.quiz.at+1, len(m.quiz.questions)), len(m.quiz.questions))
}

func (m *Model) quizLines(w int) []text.Line {
	q := &m.quiz
	var lines []text.Line
	add := func(r text.Role, s string) {
		for _, part := range text.Wrap(s, w) {
			lines = append(lines, text.Of(r, part))
		}
	}
	if q.verdict != "" {
		add(text.Work, q.verdict)
		lines = append(lines, nil)
	}
	if q.at == len(q.questions) {
		add(text.Code, fmt.Sprintf("That was all: %d of %d at the first go.", q.right, len(q.questions)))
		return lines
	}
	add(text.Code, q.questions[q.at].Text)
	if h := q.questions[q.at].Hint; h != "" && q.tries > 0 {
		add(text.Dim, "Look: "+h)
	}
	var in text.Line
	in.Add(text.Key, "› "+m.overlay.input)
	in.Add(text.Here, " ")
	return append(lines, nil, in, text.Of(text.Dim, "enter answers; esc goes back to stepping, y comes back"))
}

// answer judges what was typed.
func (m *Model) answer() {
	q := &m.quiz
	if q.at == len(q.questions) {
		q.at, q.right, q.verdict = 0, 0, ""
		m.overlay = overlay{}
		return
	}
	if strings.TrimSpace(m.overlay.input) == "" {
		return
	}
	x := &q.questions[q.at]
	switch {
	case x.Right(m.overlay.input):
		if q.tries == 0 {
			q.right++
		}
		q.verdict = "✓ Right. " + x.Because
	case q.tries+1 == MaxTries:
		q.verdict = "It is " + x.Answers[0] + ". " + x.Because
	default:
		q.tries++
		q.verdict = "✗ Not that. " + cmp.Or(x.Means(m.overlay.input), "Step to it and look again.")
		m.overlay.input = ""
		return
	}
	q.at++
	q.tries = 0
	m.overlay.input = ""
}
