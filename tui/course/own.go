package course

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"

	"trapline/scenarios"
	"trapline/scenarios/format"
)

// Own is the lesson that a scenario's file holds in its member lesson: the
// file's own text, and questions written as in the course, behind an optional
// line "minutes: N". It is nil for a file without one.
func Own(f *scenarios.File) (*Lesson, error) {
	if f.Lesson == nil {
		return nil, nil
	}
	_, text, _ := strings.Cut(strings.TrimSpace(f.Text), "\n")
	l := &Lesson{Name: f.Name, Title: f.Title(), Text: strings.TrimSpace(text), Scenario: f.Name, file: f}
	for _, x := range lines(f.Lesson.Text) {
		x.num += f.Lesson.Line - 1
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
	for _, q := range l.Questions {
		if len(q.Answers) == 0 {
			return nil, at.Error(f.Name, "a line answer:", "question %q without an answer", q.Text)
		}
	}
	return l, nil
}

// placed gives a flaw of a lesson its place in the file.
func placed(f *scenarios.File, err error) error {
	var x *flaw
	if errors.As(err, &x) {
		return format.Pos{Line: x.num, Col: 1, Text: x.text}.Error(f.Name, x.want, "%s", x.msg)
	}
	return err
}

// Open loads the lesson's scenario.
func (l *Lesson) Open() (*scenarios.File, error) {
	if l.file != nil {
		return l.file, nil
	}
	return scenarios.Load(l.Scenario)
}

// Unproved is a proof that does not print what the lesson says.
type Unproved struct {
	Question int // from 1
	Proof    Proof
	Printed  string
}

func (u Unproved) String() string {
	return fmt.Sprintf("question %d: %q prints %q; the lesson says %q", u.Question, strings.Join(u.Proof.Directives, "; "), u.Printed, u.Proof.Prints)
}

// Prove carries out the proofs of every answer on the machine and gives those
// that do not hold.
func (l *Lesson) Prove(ctx context.Context) ([]Unproved, error) {
	var list []Unproved
	for i, q := range l.Questions {
		for _, p := range q.Proofs {
			out, err := l.printed(ctx, p)
			if err != nil {
				return nil, fmt.Errorf("question %d of %s: %w", i+1, l.Name, err)
			}
			if !strings.Contains(out, p.Prints) {
				list = append(list, Unproved{i + 1, p, out})
			}
		}
	}
	return list, nil
}

// printed carries out a proof and gives what its last directive printed.
func (l *Lesson) printed(ctx context.Context, p Proof) (string, error) {
	f, err := l.Open()
	o := scenarios.Options{Engine: l.Engine}
	if p.Scenario != "" {
		f, err = scenarios.Load(p.Scenario)
		o = scenarios.Options{}
	}
	if err != nil {
		return "", err
	}
	if f, err = withSteps(f, p.Directives); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	r, err := scenarios.Open(ctx, f, o)
	if err != nil {
		return "", err
	}
	defer r.Close()
	t := scenarios.NewTranscript(r)
	out := ""
	for i := range f.Steps {
		if out, err = t.Do(ctx, &f.Steps[i]); err != nil {
			return "", err
		}
	}
	return out, nil
}

// withSteps is a scenario with other directives.
func withSteps(f *scenarios.File, directives []string) (*scenarios.File, error) {
	a := txtar.Parse(f.Bytes())
	var kept []txtar.File
	for _, m := range a.Files {
		if m.Name != "steps" {
			kept = append(kept, m)
		}
	}
	var b strings.Builder
	for _, d := range directives {
		b.WriteString("> " + d + "\n")
	}
	a.Files = append(kept, txtar.File{Name: "steps", Data: []byte(b.String())})
	p, err := format.Parse(f.Name, txtar.Format(a))
	if err != nil {
		return nil, err
	}
	return &scenarios.File{File: p, ReadFile: f.ReadFile, Processor: f.Processor}, nil
}
