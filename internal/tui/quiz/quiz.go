// Package quiz is questions that are answered by stepping through a scenario,
// and how their answers are judged: the same in the terminal, in its UI and in
// the browser.
package quiz

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// Question is one of a lesson's, answered by stepping.
type Question struct {
	Text    string
	Answers []string // any of them, compared by Right
	Hint    string   // where to look
	Because string   // shown with the right answer
	Wrong   []Mistake
	Task    Task  // nil: Answers has the right ones
	About   About // nil: nothing is known beside the answers
}

// About is what the lesson and its machine have to say of an answer.
type About interface {
	// Knows reports whether a word, in small letters, is one of the lesson's or of its machine's.
	Knows(word string) bool
	// Shows says where the machine shows a wrong answer, in a sentence, or "".
	Shows(ctx context.Context, g Given) string
}

// Given is a wrong answer that could be read.
type Given struct {
	Numbers []uint64 // that it can mean
	Place   string   // the register or flag that it names, such as "%eax", or ""
}

// Task judges an answer by trying it on a machine. A task is a Question without
// Answers.
type Task interface {
	// Form says what an answer looks like.
	Form() string
	// Run reports whether a run can be the answer, as its schedule.
	Run() bool
	// Judge tries an answer.
	Judge(ctx context.Context, answer string) Judgement
	// Solve is an answer that is right.
	Solve(ctx context.Context) (string, error)
}

// Judgement is on one answer.
type Judgement struct {
	Right bool
	// Unread: the answer is of no form that the question or task knows, so that it counts as none.
	Unread bool
	// Says is what a wrong answer would mean, or what the machine showed when it was tried; of an
	// unread one what was expected.
	Says string
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

// Judge judges an answer.
func (q *Question) Judge(ctx context.Context, answer string) Judgement {
	means := q.Means(answer)
	switch {
	case q.Task != nil:
		j := q.Task.Judge(ctx, answer)
		if means != "" && !j.Right {
			j.Unread, j.Says = false, means+" "+j.Says
		}
		return j
	case q.Right(answer):
		return Judgement{Right: true}
	case means == "" && !q.readable(answer):
		return Judgement{Unread: true, Says: "expected " + q.Form()}
	case means == "" && q.About != nil:
		means = q.About.Shows(ctx, q.given(answer))
	}
	return Judgement{Says: cmp.Or(means, "Asked for is "+q.Form()+".")}
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

// MaxTries is after how many wrong answers the right one is told.
const MaxTries = 3

// Quiz is how far the questions are answered.
type Quiz struct {
	Lesson    string // its name
	Questions []Question
	At        int // the question that is asked; their number: all are answered
	Right     int // at the first go
	Tries     int // wrong answers to the question that is asked
	Verdict   string
	Done      []Answered // the questions that were answered, in order; Restart keeps them

	given []string // to the question that is asked
	state state
}

// Over reports whether all questions are answered.
func (q *Quiz) Over() bool { return q.At == len(q.Questions) }

// Restart asks from the first question on.
func (q *Quiz) Restart() {
	q.Right, q.Verdict = 0, ""
	q.ask(0)
}

// Title names what is asked, such as "Task 3 of 4".
func (q *Quiz) Title() string {
	switch {
	case q.Over():
		return "The end"
	case q.Questions[q.At].Task != nil:
		return fmt.Sprintf("Task %d of %d", q.At+1, len(q.Questions))
	}
	return fmt.Sprintf("Question %d of %d", q.At+1, len(q.Questions))
}

// Form says what the answer of the present task looks like; "" of a question.
func (q *Quiz) Form() string {
	if q.Over() || q.Questions[q.At].Task == nil {
		return ""
	}
	t := q.Questions[q.At].Task
	form := "Give " + t.Form() + "."
	if t.Run() {
		form += " Enter alone gives the run as it is up to the present step."
	}
	return form
}

// Hint is where to look for the present answer, once one was wrong.
func (q *Quiz) Hint() string {
	if q.Over() || q.state != missed {
		return ""
	}
	return q.Questions[q.At].Hint
}

// Answer judges what was given; nothing gives the run up to the present step
// where that can be the answer. It reports whether there was something to judge; an
// answer whose trying ctx ended is none. One that cannot be read is told so, and is no try.
func (q *Quiz) Answer(ctx context.Context, given string, run func() string) bool {
	x := &q.Questions[q.At]
	given = strings.TrimSpace(given)
	if given == "" && x.Task != nil && x.Task.Run() {
		given = run()
	}
	if given == "" {
		return false
	}
	j := x.Judge(ctx, given)
	if ctx.Err() != nil {
		return false
	}
	if j.Unread {
		q.Verdict = NotCounted(given, j)
		return true
	}
	q.given = append(q.given, given)
	switch {
	case j.Right:
		if q.state == asked {
			q.Right++
		}
		q.become(right)
		q.Verdict = "✓ Right. " + x.Because
	case q.Tries+1 == MaxTries:
		q.become(told)
		q.Verdict = "✗ Not that. " + j.Says + " " + x.Told(ctx) + " " + x.Because
	default:
		q.Tries++
		q.become(missed)
		q.Verdict = "✗ Not that. " + j.Says
		return true
	}
	q.Done = append(q.Done, NewAnswered(q.Lesson, q.At, x, q.given, j.Right))
	q.ask(q.At + 1)
	return true
}

// NotCounted says of an answer that cannot be read what was expected.
func NotCounted(given string, j Judgement) string {
	return fmt.Sprintf("? %q counts as no answer: %s.", given, strings.TrimSuffix(j.Says, "."))
}
