package course

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/scenario"
)

// Unproved is a proof that does not show what the lesson says, or what is
// wrong with a task.
type Unproved struct {
	Question int // from 1
	Proof    Proof
	Printed  string
	Task     string // of a task: why it is no good
	Pos      format.Pos
}

func (u Unproved) String() string {
	switch {
	case u.Task != "":
		return fmt.Sprintf("task %d: %s", u.Question, u.Task)
	case u.Proof.Search:
		return fmt.Sprintf("question %d: a search: %s", u.Question, u.Printed)
	}
	return fmt.Sprintf("question %d: %q prints %q; the lesson says %q", u.Question, strings.Join(u.Proof.Directives, "; "), u.Printed, u.Proof.Prints)
}

// Prove carries out the proofs of every answer on the machine, shows of each
// task that it can be solved and is not solved already, and gives what does
// not hold. Searches are made with the workers and bounds of o.
func (l *Lesson) Prove(ctx context.Context, o explore.Options) ([]Unproved, error) {
	var list []Unproved
	for i, q := range l.Questions {
		for _, p := range slices.Concat(q.Proofs, q.Seen) {
			out, ok, err := l.shown(ctx, p, o)
			if x := (*flaw)(nil); l.file != nil && errors.As(err, &x) {
				return nil, placed(l.file, err)
			}
			if err != nil {
				return nil, fmt.Errorf("question %d of %s: %w", i+1, l.Name, err)
			}
			if !ok {
				list = append(list, Unproved{Question: i + 1, Proof: p, Printed: out, Pos: p.from.pos(p.at)})
			}
		}
		if q.Task == nil {
			continue
		}
		flaws, err := q.Task.Prove(ctx, o)
		if x := (*flaw)(nil); l.file != nil && errors.As(err, &x) {
			return nil, placed(l.file, err)
		}
		if err != nil {
			return nil, fmt.Errorf("task %d of %s: %w", i+1, l.Name, err)
		}
		for _, f := range flaws {
			list = append(list, Unproved{Question: i + 1, Task: f, Pos: q.asked.pos(0)})
		}
	}
	return list, nil
}

// shown carries out a proof and gives what it came to, and whether that is what
// the lesson says.
func (l *Lesson) shown(ctx context.Context, p Proof, o explore.Options) (out string, ok bool, err error) {
	f, engine, err := l.where(p)
	if err != nil {
		return "", false, err
	}
	if p.Search {
		out, ok, err = searched(ctx, f, engine, p, o)
		return out, ok, p.placed(err)
	}
	out, err = printed(ctx, f, engine, p)
	err = p.placed(err)
	want, numeric := strconv.ParseUint(p.Prints, 0, 64)
	if n, ok := shownNumber(out); ok && numeric == nil && strings.HasPrefix(p.Directives[len(p.Directives)-1], "print ") {
		return out, n == want, err // 0x1 is no 0x10
	}
	return out, strings.Contains(out, p.Prints), err
}

// placed gives a flaw of a directive its place in the lesson.
func (p *Proof) placed(err error) error {
	var e *format.Error
	if !errors.As(err, &e) {
		return err
	}
	directive := strings.TrimPrefix(e.Text, "> ")
	at := p.at
	if i := strings.Index(p.from.text, directive); i >= 0 {
		at = i + max(e.Col-1-(len(e.Text)-len(directive)), 0)
	}
	return &flaw{p.from, at, e.Msg, e.Want}
}

// check judges a proof's directives without carrying them out.
func (l *Lesson) check(p *Proof) error {
	f, _, err := l.where(*p)
	if err != nil {
		return &flaw{p.from, p.at, err.Error(), ""}
	}
	if p.Search {
		return nil
	}
	_, err = f.With(map[string][]byte{"steps": p.steps(), "lesson": nil})
	return p.placed(err)
}

// steps are the directives as a member.
func (p *Proof) steps() []byte {
	var b strings.Builder
	for _, d := range p.Directives {
		b.WriteString("> " + d + "\n")
	}
	return []byte(b.String())
}

// where is the scenario that a proof is about, and the engine, "" for the scenario's own.
func (l *Lesson) where(p Proof) (f *scenario.File, engine string, err error) {
	if p.Scenario != "" {
		f, err = scenario.Load(p.Scenario)
		return f, p.Engine, err
	}
	f, err = l.Open()
	if p.Engine != "" {
		return f, p.Engine, err
	}
	return f, l.Engine, err
}

// searched makes a search as a line of the member explore asks for it.
func searched(ctx context.Context, f *scenario.File, engine string, p Proof, o explore.Options) (string, bool, error) {
	line := strings.TrimSpace(p.Explore + " " + p.Prints)
	if engine != "" {
		line = "engine " + engine + " " + line
	}
	g, err := f.With(map[string][]byte{"explore": []byte(line + "\n"), "lesson": nil})
	if err != nil {
		return "", false, err
	}
	out, ok := "", false
	err = scenario.CheckSearches(ctx, g, o, func(s scenario.Shown) {
		out, ok = s.Text+"; "+s.Failure, s.Failure == ""
	})
	return out, ok, err
}

// printed carries out a proof's directives and gives what the last one printed.
func printed(ctx context.Context, f *scenario.File, engine string, p Proof) (string, error) {
	f, err := f.With(map[string][]byte{"steps": p.steps()})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	r, err := scenario.Open(ctx, f, scenario.Options{Engine: engine})
	if err != nil {
		return "", err
	}
	defer r.Close()
	t := scenario.NewTranscript(r)
	out := ""
	for i := range f.Steps {
		if out, err = t.Do(ctx, &f.Steps[i]); err != nil {
			return "", err
		}
	}
	return out, nil
}
