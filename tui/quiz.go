package tui

import (
	"cmp"
	"context"
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
	Task    Task // nil: Answers has the right ones
}

// Task judges an answer by trying it on a machine. A task is a Question without
// Answers.
type Task interface {
	// Form says what an answer looks like.
	Form() string
	// Run reports whether a run can be the answer, as its schedule.
	Run() bool
	// Judge tries an answer; saw is what the machine showed of a wrong one.
	Judge(ctx context.Context, answer string) (right bool, saw string)
	// Solve is an answer that is right.
	Solve(ctx context.Context) (string, error)
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

// Judge judges an answer; means is what a wrong one would mean, or what the
// machine showed when it was tried, or "".
func (q *Question) Judge(ctx context.Context, answer string) (right bool, means string) {
	if q.Task == nil {
		return q.Right(answer), q.Means(answer)
	}
	right, saw := q.Task.Judge(ctx, answer)
	if m := q.Means(answer); m != "" && !right {
		saw = m + " " + saw
	}
	return right, saw
}

// Told is the answer, for somebody who has tried often enough.
func (q *Question) Told(ctx context.Context) string {
	if q.Task == nil {
		return "It is " + q.Answers[0] + "."
	}
	solution, err := q.Task.Solve(ctx)
	if err != nil {
		return "No solution is at hand: " + err.Error() + "."
	}
	return fmt.Sprintf("This does it: %q.", solution)
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
	what := "Question"
	if m.quiz.at < len(m.quiz.questions) && m.quiz.questions[m.quiz.at].Task != nil {
		what = "Task"
	}
	return fmt.Sprintf("%s %d of %d", what, min(m.quiz.at+1, len(m.quiz.questions)), len(m.quiz.questions))
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
	if t := q.questions[q.at].Task; t != nil {
		form := "Give " + t.Form() + "."
		if t.Run() {
			form += " Enter alone gives the run as it is up to the present step."
		}
		add(text.Dim, form)
	}
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
	x := &q.questions[q.at]
	given := strings.TrimSpace(m.overlay.input)
	if given == "" && x.Task != nil && x.Task.Run() && m.walk.At() > 0 {
		given = m.walk.Schedule()
	}
	if given == "" {
		return
	}
	ctx, cancel := m.bounded()
	defer cancel()
	right, means := x.Judge(ctx, given)
	switch {
	case right:
		if q.tries == 0 {
			q.right++
		}
		q.verdict = "✓ Right. " + x.Because
	case q.tries+1 == MaxTries:
		q.verdict = x.Told(ctx) + " " + x.Because
	default:
		q.tries++
		q.verdict = "✗ Not that. " + cmp.Or(means, "Step to it and look again.")
		m.overlay.input = ""
		return
	}
	q.at++
	q.tries = 0
	m.overlay.input = ""
}
