package course

import (
	"errors"
	"slices"
	"strings"

	"trapline/internal/format"
	"trapline/internal/scenario"
)

// Own is the lesson that a scenario's file holds in its member lesson: the
// file's own text, and questions written as in the course, behind an optional
// line "minutes: N". It is nil for a file without one.
func Own(f *scenario.File) (*Lesson, error) {
	if f.Lesson == nil {
		return nil, nil
	}
	_, text, _ := strings.Cut(strings.TrimSpace(f.Text), "\n")
	l := &Lesson{Name: f.Name, Title: f.Title(), Text: strings.TrimSpace(text), Scenario: f.Name, file: f}
	for _, x := range lines(f.Lesson.Text) {
		for i := range x.parts {
			x.parts[i].num += f.Lesson.Line - 1
		}
		var err error
		if n, ok := strings.CutPrefix(x.text, "minutes: "); ok && len(l.Questions) == 0 {
			l.Minutes, err = minutes(x, n)
		} else {
			err = l.question(x)
		}
		if err != nil {
			return nil, placed(f, err)
		}
	}
	at := f.MemberPos("lesson")
	if len(l.Questions) == 0 {
		return nil, at.Error(f.Name, "a question: ? and its text", "a lesson without questions")
	}
	for i := range l.Questions {
		q := &l.Questions[i]
		switch {
		case q.Task != nil:
			if err := q.Task.check(); err != nil {
				return nil, placed(f, err)
			}
		case len(q.Answers) == 0:
			return nil, q.asked.pos(0).Error(f.Name, "a line answer:", "question %q without an answer", q.Text)
		}
		for _, p := range slices.Concat(q.Proofs, q.Seen) {
			if err := l.check(&p); err != nil {
				return nil, placed(f, err)
			}
		}
	}
	return l, nil
}

// pos is a column of the logical line, from 0, as a place in the file.
func (l *line) pos(at int) format.Pos {
	num, col, text := l.place(at)
	return format.Pos{Line: num, Col: col, Text: text}
}

// placed gives a flaw of a lesson its place in the file.
func placed(f *scenario.File, err error) error {
	var x *flaw
	if errors.As(err, &x) {
		return x.pos(x.at).Error(f.Name, x.want, "%s", x.msg)
	}
	return err
}

// Open loads the lesson's scenario.
func (l *Lesson) Open() (*scenario.File, error) {
	if l.file != nil {
		return l.file, nil
	}
	return scenario.Load(l.Scenario)
}
