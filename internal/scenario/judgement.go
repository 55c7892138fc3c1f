package scenario

import (
	"context"
	"fmt"
	"strings"

	"trapline/internal/format"
	"trapline/internal/kprobes/props"
)

// Failure is something that a scenario file says and that did not come true.
type Failure struct {
	Pos       format.Pos
	Text      string // one or several lines
	Violation bool   // an unexpected violation, which Run.Violations has too
}

// Judge compares the violations of a finished run with what is expected: with
// own exactly those of the file's expect, as under its own engine and
// schedule, else none at all. A run that a bound cut off came to no end.
func (r *Run) Judge(own bool) []Failure {
	var list []Failure
	expected := map[string]bool{}
	if own {
		for _, e := range r.File.Expect {
			expected[e.Property] = true
			if v, ok := r.violated(e.Property); !ok {
				list = append(list, Failure{Pos: e.Pos, Text: e.Property + " was expected to be violated, and held"})
			} else if e.Row != "" && v.Row != "" && e.Row != v.Row {
				list = append(list, Failure{Pos: e.Pos, Text: fmt.Sprintf("%s was expected by row %s, and came by row %s", e.Property, e.Row, v.Row)})
			}
		}
	}
	for _, v := range r.Violations() {
		if !expected[v.Property] {
			list = append(list, Failure{r.propertyPos(v.Property), "violated: " + v.String(), true})
		}
	}
	for _, c := range r.checks {
		if t, ok := c.(*props.Transparent); ok && t.Undecided() != "" {
			list = append(list, Failure{Pos: r.propertyPos(props.Transparency), Text: undecided(t.Undecided())})
		}
	}
	if r.state.cut {
		list = append(list, Failure{Pos: r.File.MemberPos("machine"), Text: "the run did not end: " + r.Done()})
	}
	return list
}

func (r *Run) violated(property string) (Violation, bool) { return find(r.Violations(), property) }

func find(list []Violation, property string) (Violation, bool) {
	for _, v := range list {
		if v.Property == property {
			return v, true
		}
	}
	return Violation{}, false
}

func (r *Run) propertyPos(name string) format.Pos {
	for _, p := range r.File.Check {
		if p.Name == name {
			return p.Pos
		}
	}
	return r.File.MemberPos("check")
}

// CheckSteps carries out the file's directives on a fresh machine and compares
// their outputs with the golden ones. With update the file's steps get the new
// outputs instead (File.Bytes prints them).
func CheckSteps(ctx context.Context, f *File, update bool) ([]Failure, error) {
	if len(f.Steps) == 0 {
		return nil, nil
	}
	r, err := Open(ctx, f, Options{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	t := NewTranscript(r)
	var list []Failure
	for i := range f.Steps {
		s := &f.Steps[i]
		got, err := t.Do(ctx, s)
		if err != nil {
			return list, err
		}
		if update {
			s.Want = got
		} else if got != s.Want {
			list = append(list, Failure{Pos: s.Pos, Text: difference(s.Directive(), s.Want, got)})
		}
	}
	return list, nil
}

// difference shows the first lines in which two outputs differ.
func difference(directive, want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	line := func(l []string) string {
		if i < len(l) && l[i] != "" {
			return l[i]
		}
		return "(end of the output)"
	}
	return fmt.Sprintf("the output of %q differs at its line %d\n  file: %s\n  run:  %s", directive, i+1, line(a), line(b))
}
