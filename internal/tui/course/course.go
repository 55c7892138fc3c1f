// Package course is the walk-throughs in teaching order: text, a scenario, and
// questions that are answered by stepping through it. What each answer rests
// on is a list of directives that the tests carry out. docs/walkthroughs is
// made from it.
package course

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"trapline/internal/scenario"
	"trapline/internal/tui/quiz"
)

//go:embed lessons/*.md
var files embed.FS

// Lesson is one walk-through.
type Lesson struct {
	Name      string // such as "03-gates"
	Title     string
	Part      string // of the course
	Scenario  string // a built-in one
	Engine    string // instead of the scenario's; "" keeps it
	Minutes   int
	Text      string
	Questions []Question

	file *scenario.File // of a lesson of one's own, or nil
}

// Question has, beside what the UI needs, the proofs of its answer. A task is a
// question whose answer the machine judges.
type Question struct {
	quiz.Question
	Proofs []Proof
	Seen   []Proof // that wrong answers mean what the lesson says
	Task   *Task   // or nil

	asked line
}

// Proof is directives of a scenario's steps, and what the last must print; or
// a search and what it must come to.
type Proof struct {
	Scenario   string // another than the lesson's, or ""
	Engine     string // another than the lesson's, or ""
	Explore    string // what a line of the member explore says of bounds; only of a search
	Directives []string
	Prints     string // of a search: the outcome, as in the member explore
	Search     bool

	from line // of the lesson's file
	at   int  // where it begins there
}

// Short is what a lesson is asked for by: its name without its number, or the path
// of one's own.
func (l *Lesson) Short() string {
	if l.file != nil {
		return l.Name
	}
	_, s, _ := strings.Cut(l.Name, "-")
	return s
}

// Count is how many questions and tasks it has.
func (l *Lesson) Count() (questions, tasks int) {
	for _, q := range l.Questions {
		if q.Task != nil {
			tasks++
		} else {
			questions++
		}
	}
	return questions, tasks
}

// Page is what the UI shows of the lesson: its text, then that of its scenario.
func (l *Lesson) Page(f *scenario.File) string {
	if l.file != nil { // one's own: its text is the scenario's
		return f.Text
	}
	return l.Title + "\n\n" + l.Text + "\n\n" + strings.TrimSpace(f.Text)
}

// Asked are the questions and tasks, as the UI and the quiz ask them.
func (l *Lesson) Asked() []quiz.Question {
	var list []quiz.Question
	for i := range l.Questions {
		q := &l.Questions[i]
		x := q.Question
		x.About = &about{l, q}
		if q.Task != nil {
			x.Task = q.Task
		}
		list = append(list, x)
	}
	return list
}

// Lessons lists the course in order.
func Lessons() ([]Lesson, error) {
	entries, err := files.ReadDir("lessons")
	if err != nil {
		return nil, err
	}
	var list []Lesson
	for _, e := range entries {
		data, err := files.ReadFile(path.Join("lessons", e.Name()))
		if err != nil {
			return nil, err
		}
		l, err := parse(strings.TrimSuffix(e.Name(), ".md"), string(data))
		if err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// Find gives the lesson of a name, with or without its number.
func Find(name string) (*Lesson, error) {
	list, err := Lessons()
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range list {
		if list[i].Name == name || list[i].Short() == name {
			return &list[i], nil
		}
		names = append(names, list[i].Short())
	}
	return nil, fmt.Errorf("no walk-through %q; expected one of %s", name, strings.Join(names, ", "))
}
