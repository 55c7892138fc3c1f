package format

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/tools/txtar"

	"trapline/internal/sched"
)

// Outcome is what some schedules of a scenario must show.
//
//	"holds" | "violates" NAME [ ROW ] { NAME [ ROW ] }
type Outcome struct {
	Violates []Expectation // none: everything that the file checks holds
}

// Schedule is a schedule that is kept with what it shows (V6).
//
//	SCHEDULE [ "engine" ENGINE ] outcome
type Schedule struct {
	Text   string // as package sched prints it
	Engine string // "": the file's
	Outcome
	Pos Pos
}

// Search is a search of the scenario's schedules with what it must show: with
// "holds", that it covered all of them.
//
//	[ "engine" ENGINE ] [ "bound" N ] [ "kernel-text" ] outcome      N preemptions
type Search struct {
	Engine     string // "": the file's
	Bound      int    // NoBound: any number of preemptions
	KernelText bool   // finer steps: the instructions of the kernel's text too
	Outcome
	Pos Pos
}

// NoBound is the bound of a Search without one.
const NoBound = -1

// MaxSearches bounds the schedules, and the searches, of a scenario.
const MaxSearches = 64

const (
	engineWord     = "engine"
	boundWord      = "bound"
	kernelTextWord = "kernel-text"
	holdsWord      = "holds"
	violatesWord   = "violates"
)

func (f *File) parseSchedules(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		w := &words{line: l}
		s := Schedule{Pos: l.at(0)}
		x, err := w.next("a schedule")
		if err != nil {
			return err
		}
		s.Text, s.Pos = x.text, l.at(x.at)
		var flaw *sched.SyntaxError
		if _, _, err := sched.ParseAny(x.text); errors.As(err, &flaw) {
			return l.at(x.at+flaw.Col-1).errorAt(flaw.Want, "a schedule that is none")
		} else if err != nil {
			return s.Pos.errorAt("a schedule as explore prints it now", "%v", err)
		}
		if s.Engine, err = w.engine(); err != nil {
			return err
		}
		if s.Outcome, err = w.outcome(); err != nil {
			return err
		}
		if f.Schedules = append(f.Schedules, s); len(f.Schedules) > MaxSearches {
			return s.Pos.errorAt(fmt.Sprintf("at most %d", MaxSearches), "too many schedules")
		}
	}
	return nil
}

func (f *File) parseSearches(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		w := &words{line: l}
		first, _ := w.peek()
		s := Search{Bound: NoBound, Pos: l.at(first.at)}
		var err error
		if s.Engine, err = w.engine(); err != nil {
			return err
		}
		if w.accept(boundWord) {
			if s.Bound, err = w.integer("a number of preemptions", 0, MaxSteps); err != nil {
				return err
			}
		}
		s.KernelText = w.accept(kernelTextWord)
		if s.Outcome, err = w.outcome(); err != nil {
			return err
		}
		if f.Searches = append(f.Searches, s); len(f.Searches) > MaxSearches {
			return s.Pos.errorAt(fmt.Sprintf("at most %d", MaxSearches), "too many searches")
		}
	}
	return nil
}

// engine takes the word engine and the name behind it, if they are there.
func (w *words) engine() (string, error) {
	if !w.accept(engineWord) {
		return "", nil
	}
	x, err := w.next("the name of an engine")
	return x.text, err
}

// outcome takes the rest of the line.
func (w *words) outcome() (o Outcome, err error) {
	word, err := w.choice("outcome", []string{holdsWord, violatesWord})
	if err != nil {
		return o, err
	}
	if word == holdsWord {
		return o, w.done()
	}
	for {
		e, err := w.expectation()
		if err != nil {
			return o, err
		}
		o.Violates = append(o.Violates, e)
		if _, more := w.peek(); !more {
			return o, nil
		}
	}
}

// Print is the schedule's line.
func (s *Schedule) Print() string {
	line := s.Text
	if s.Engine != "" {
		line += " " + engineWord + " " + s.Engine
	}
	if len(s.Violates) == 0 {
		return line + " " + holdsWord
	}
	line += " " + violatesWord
	for _, e := range s.Violates {
		line += " " + e.Property
		if e.Row != "" {
			line += " " + e.Row
		}
	}
	return line
}

const scheduleMember = "schedule"

// AddSchedule puts a schedule at the end of the member schedule, or in the place of
// the line that has the same one; a file without the member gets one at its
// end. It reports whether that changed the file.
func (f *File) AddSchedule(s Schedule) bool {
	text := s.Print() + "\n"
	for i := range f.archive.Files {
		m := &f.archive.Files[i]
		if m.Name != scheduleMember {
			continue
		}
		lines := strings.SplitAfter(string(m.Data), "\n")
		for k, l := range lines {
			if word, _, _ := strings.Cut(strings.TrimSpace(l), " "); word != s.Text {
				continue
			}
			changed := strings.TrimSuffix(l, "\n") != s.Print()
			lines[k] = text
			m.Data = []byte(strings.Join(lines, ""))
			return changed
		}
		m.Data = append(m.Data, text...)
		f.Schedules = append(f.Schedules, s)
		return true
	}
	f.archive.Files = append(f.archive.Files, txtar.File{Name: scheduleMember, Data: []byte(text)})
	f.Schedules = append(f.Schedules, s)
	return true
}
