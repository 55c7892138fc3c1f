package tui

import (
	"context"
	"errors"
	"strings"

	"trapline/emu"
	"trapline/emu/record"
	"trapline/tui/walk"
)

// move makes a move of every open walk and shows where it led.
func (m *Model) move(f func(*walk.Walk) error) {
	m.message = ""
	for _, w := range []*walk.Walk{m.walk, m.other} {
		if w == nil {
			continue
		}
		if err := f(w); err != nil && !errors.Is(err, record.ErrOver) {
			m.say("%v", err)
		}
	}
	m.refresh()
}

// notice shows a message without a move.
func (m *Model) notice(format string, args ...any) {
	m.say(format, args...)
	m.refresh()
}

func (m *Model) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(m.ctx, moveTime)
}

// by makes a move to the nearest step that satisfies what f makes for a walk.
func (m *Model) by(d record.Direction, f func(*walk.Walk) func(*emu.Event) bool) {
	if d == record.Forward && m.freely(func(w *walk.Walk, ev *emu.Event) bool { return f(w)(ev) }) {
		return
	}
	ctx, cancel := m.bounded()
	defer cancel()
	m.move(func(w *walk.Walk) error { return w.To(ctx, d, f(w)) })
}

// stepTold moves to the next or previous step that the story tells.
func (m *Model) stepTold(d record.Direction) {
	m.by(d, func(w *walk.Walk) func(*emu.Event) bool { return w.Told })
}

// stepLine moves to the next or previous step that leads into a line of C.
func (m *Model) stepLine(d record.Direction) {
	m.by(d, func(w *walk.Walk) func(*emu.Event) bool { return w.EntersLine })
}

// stepOwn moves over traps: to the next or previous instruction of the
// scenario's own code.
func (m *Model) stepOwn(d record.Direction) {
	m.by(d, func(w *walk.Walk) func(*emu.Event) bool { return w.Own })
}

// toEnd goes to the end of the run, or as far as it is recorded ahead in one go.
func (m *Model) toEnd() {
	if m.freely(func(*walk.Walk, *emu.Event) bool { return false }) {
		return
	}
	ctx, cancel := m.bounded()
	defer cancel()
	m.move(func(w *walk.Walk) error {
		if !w.Line().Over() {
			if err := w.Record(ctx, walk.DefaultRecord); err != nil {
				return err
			}
		}
		return w.Goto(ctx, w.End())
	})
}

// stepOne moves by one step of the machine.
func (m *Model) stepOne(d record.Direction) {
	if d == record.Forward && m.freely(func(*walk.Walk, *emu.Event) bool { return true }) {
		return
	}
	m.move(func(w *walk.Walk) error {
		if d == record.Backward {
			return w.Back(m.ctx, 1)
		}
		_, err := w.Forward(m.ctx, 1)
		return err
	})
}

// stepMark moves to the next or previous step of a kind.
func (m *Model) stepMark(d record.Direction, k record.Kind, what string) {
	if d == record.Forward && m.freely(func(w *walk.Walk, _ *emu.Event) bool { return w.MarkedHere(k) }) {
		return
	}
	ctx, cancel := m.bounded()
	defer cancel()
	none := false
	m.move(func(w *walk.Walk) error {
		found, err := w.ToMark(ctx, d, k)
		none = none || !found
		return err
	})
	if none && m.message == "" {
		m.notice("no %s %s here", what, side(d))
	}
}

// goTo goes to a moment.
func (m *Model) goTo(at uint64) {
	ctx, cancel := m.bounded()
	defer cancel()
	m.move(func(w *walk.Walk) error { return w.Goto(ctx, at) })
}

// take lets an actor of the viewer's choice make the next step.
func (m *Model) take(actor int) {
	run := m.walk.Run
	if actor >= run.Actors() {
		m.notice("there are only %d to choose from: 0 lists them", run.Actors())
		return
	}
	name := run.ActorName(actor)
	if !run.Can(actor) {
		m.notice("%s cannot go on now", name)
		return
	}
	line := m.walk.Line()
	m.look.CPU = -1
	m.move(func(w *walk.Walk) error { return w.Take(actor) })
	if m.walk.Line() != line {
		m.notice("%s goes on instead: this is branch %d now; r returns", name, m.walk.Line().ID)
	}
}

// find goes to the next or previous step whose words hold the text.
func (m *Model) find(d record.Direction) {
	ctx, cancel := m.bounded()
	defer cancel()
	all := true
	needle := strings.ToLower(m.search)
	m.move(func(w *walk.Walk) error {
		found, err := w.Search(ctx, d, func(ev *emu.Event) bool {
			return strings.Contains(strings.ToLower(words(w, ev)), needle)
		})
		all = all && found
		return err
	})
	if !all && m.message == "" {
		m.notice("%q: not found %s here", m.search, side(d))
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
