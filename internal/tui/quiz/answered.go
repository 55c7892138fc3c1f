package quiz

import (
	"encoding/json"

	"trapline/internal/story"
)

// Answered is a line of a results file: what was answered to one question.
type Answered struct {
	Type     string   `json:"type"` // "answer"
	V        int      `json:"v"`
	Lesson   string   `json:"lesson"`
	Question int      `json:"question"` // from 1
	Task     bool     `json:"task,omitempty"`
	Given    []string `json:"given"` // in order
	Right    bool     `json:"right"` // the last one
}

// NewAnswered makes the line of question number n, from 0, of a lesson.
func NewAnswered(lesson string, n int, q *Question, given []string, right bool) Answered {
	return Answered{Type: "answer", V: story.Version, Lesson: lesson, Question: n + 1, Task: q.Task != nil, Given: given, Right: right}
}

// Line is a in JSON, with a newline.
func (a *Answered) Line() string {
	data, _ := json.Marshal(a) // plain data
	return string(data) + "\n"
}
