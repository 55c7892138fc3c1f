package session

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

// move makes a move of every open walk and shows where it led.
func (s *Session) move(f func(*walk.Walk) error) {
	s.Message = ""
	for _, w := range []*walk.Walk{s.Walk, s.Other} {
		if w == nil {
			continue
		}
		switch err := f(w); {
		case err == nil || errors.Is(err, record.ErrOver):
		case errors.Is(err, emu.ErrStopped) || errors.Is(err, emu.ErrTime):
			s.say("%v: the same again goes on from here", err)
		default:
			s.say("%v", err)
		}
	}
	s.Refresh()
}

// by makes a move to the nearest step that satisfies what f makes for a walk.
func (s *Session) by(d record.Direction, f func(*walk.Walk) func(*emu.Event) bool) {
	if d == record.Forward && s.freely(func(w *walk.Walk, ev *emu.Event) bool { return f(w)(ev) }) {
		return
	}
	ctx, cancel := s.Bounded()
	defer cancel()
	s.move(func(w *walk.Walk) error { return w.To(ctx, d, f(w)) })
}

// StepTold moves to the next or previous step that the story tells.
func (s *Session) StepTold(d record.Direction) {
	s.by(d, func(w *walk.Walk) func(*emu.Event) bool { return w.Told })
}

// StepLine moves to the next or previous step that leads into a line of C.
func (s *Session) StepLine(d record.Direction) {
	s.by(d, func(w *walk.Walk) func(*emu.Event) bool { return w.EntersLine })
}

// StepOwn moves over traps: to the next or previous instruction of the
// scenario's own code.
func (s *Session) StepOwn(d record.Direction) {
	s.by(d, func(w *walk.Walk) func(*emu.Event) bool { return w.Own })
}

// ToEnd goes to the end of the run, or as far as it is recorded ahead in one go.
func (s *Session) ToEnd() {
	if s.freely(func(*walk.Walk, *emu.Event) bool { return false }) {
		return
	}
	ctx, cancel := s.Bounded()
	defer cancel()
	s.move(func(w *walk.Walk) error {
		if !w.Line().Over() {
			if err := w.Record(ctx, walk.DefaultRecord); err != nil {
				return err
			}
		}
		return w.Goto(ctx, w.End())
	})
}

// StepOne moves by one step of the machine.
func (s *Session) StepOne(d record.Direction) {
	if d == record.Forward && s.freely(func(*walk.Walk, *emu.Event) bool { return true }) {
		return
	}
	s.move(func(w *walk.Walk) error {
		if d == record.Backward {
			return w.Back(s.ctx, 1)
		}
		_, err := w.Forward(s.ctx, 1)
		return err
	})
}

// StepMark moves to the next or previous step of a kind.
func (s *Session) StepMark(d record.Direction, k record.Kind, what string) {
	if d == record.Forward && s.freely(func(w *walk.Walk, _ *emu.Event) bool { return w.MarkedHere(k) }) {
		return
	}
	ctx, cancel := s.Bounded()
	defer cancel()
	none := false
	s.move(func(w *walk.Walk) error {
		found, err := w.ToMark(ctx, d, k)
		none = none || !found
		return err
	})
	if none && s.Message == "" {
		s.Notice("no %s %s here", what, side(d))
	}
}

// GoTo goes to a moment.
func (s *Session) GoTo(at uint64) {
	ctx, cancel := s.Bounded()
	defer cancel()
	s.move(func(w *walk.Walk) error { return w.Goto(ctx, at) })
}

// Take lets an actor of the viewer's choice make the next step.
func (s *Session) Take(actor int) {
	run := s.Walk.Run
	if actor >= run.Actors() {
		s.Notice("there are only %d to choose from: 0 lists them", run.Actors())
		return
	}
	name := run.ActorName(actor)
	if !run.Can(actor) {
		s.Notice("%s cannot go on now", name)
		return
	}
	line := s.Walk.Line()
	s.Look.CPU = -1
	s.move(func(w *walk.Walk) error { return w.Take(actor) })
	if s.Walk.Line() != line {
		s.Notice("%s goes on instead: this is branch %d now; r returns", name, s.Walk.Line().ID)
	}
}

// Find goes to the next or previous step whose words hold the text.
func (s *Session) Find(d record.Direction) {
	ctx, cancel := s.Bounded()
	defer cancel()
	all := true
	s.move(func(w *walk.Walk) error {
		found, err := w.Search(ctx, d, finder(w, strings.ToLower(s.Sought)))
		all = all && found
		return err
	})
	if !all && s.Message == "" {
		s.Notice("%q: not found %s here", s.Sought, side(d))
	}
}

// plain is an instruction at its place, of which a run has few.
type plain struct {
	pc   uint64
	n    int
	code [insn.MaxLen]byte
}

// maxPlain bounds the instructions whose words a search keeps.
const maxPlain = 1 << 16

// finder matches the steps whose words hold a text in small letters. The words of a
// step that is an instruction and nothing more are made once for its place.
func finder(w *walk.Walk, needle string) func(*emu.Event) bool {
	known := map[plain]bool{}
	has := func(ev *emu.Event) bool { return strings.Contains(strings.ToLower(words(w, ev)), needle) }
	return func(ev *emu.Event) bool {
		if ev.Kind != emu.StepInstruction || ev.Micro != nil || ev.Delivery != nil || len(ev.Notes) > 0 {
			return has(ev)
		}
		k := plain{pc: ev.PC, n: len(ev.Bytes)}
		copy(k.code[:], ev.Bytes)
		found, ok := known[k]
		if !ok && len(known) < maxPlain {
			found = has(ev)
			known[k] = found
		} else if !ok {
			return has(ev)
		}
		return found
	}
}

// side is where a direction leads.
func side(d record.Direction) string {
	if d == record.Forward {
		return "after"
	}
	return "before"
}

// words is what a search looks at: the step's place, instruction, names.
func words(w *walk.Walk, ev *emu.Event) string {
	r := w.Describe(ev)
	s := r.At + " " + r.Text
	if r.Micro != nil {
		s += " " + r.Micro.Name + " " + r.Micro.In + " " + r.Micro.Why
	}
	if r.Delivery != nil {
		s += " " + r.Delivery.Name
	}
	for _, n := range r.Notes {
		s += " " + n.Text
	}
	return s
}

// Taken is the schedule of the run up to the present moment; "" at the start.
func (s *Session) Taken() string {
	if s.Walk.At() == 0 {
		return ""
	}
	return s.Walk.Schedule()
}

// Change changes the machine in a step of its own: see scenario.ParseChange.
func (s *Session) Change(cpu int, text string) (err error) {
	if cpu < 0 || cpu >= len(s.Moment.CPUs) {
		return fmt.Errorf("no cpu%d", cpu)
	}
	s.EndCompare()
	s.Look.CPU = -1
	line := s.Walk.Line()
	s.move(func(w *walk.Walk) error {
		err = w.Change(cpu, text)
		return nil
	})
	if err == nil && s.Walk.Line() != line {
		s.Notice("the machine is changed: this is branch %d now; r returns", s.Walk.Line().ID)
	}
	return err
}

// Directive carries out a directive that a person typed: one that shows something,
// which is the answer, or a change of the machine.
func (s *Session) Directive(cpu int, text string) (shown string, err error) {
	if cpu < 0 || cpu >= len(s.Moment.CPUs) {
		return "", fmt.Errorf("no cpu%d", cpu)
	}
	if !scenario.Shows(text) {
		return "", s.Change(cpu, text)
	}
	shown, err = s.Walk.Run.Ask(cpu, text)
	return cmp.Or(shown, "nothing"), err
}
