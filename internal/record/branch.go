package record

import (
	"context"
	"fmt"
)

// MaxLines bounds the lines of a timeline: the oldest branch that is not under
// way is forgotten for a new one.
const MaxLines = 16

// Line is one history: the first run, or a branch that took another step at Fork.
type Line struct {
	ID     int // 0: the first run
	Parent int // the line that it left
	Fork   uint64

	script script
	points checkpoints
	marks  []Mark
	over   bool // no step follows the last one

	kinds    Kind   // of all marks
	unmarked uint64 // see Timeline.Unmarked
}

// End is the line's last moment.
func (l *Line) End() uint64 { return l.script.steps }

// Over reports whether the run is known to be over at End.
func (l *Line) Over() bool { return l.over }

// Lines lists the histories, the present one among them.
func (t *Timeline) Lines() []*Line { return t.lines }

// Line is the present one.
func (t *Timeline) Line() *Line { return t.line }

// fork leaves the present line at the present moment for a new one.
func (t *Timeline) fork() {
	old := t.line
	old.leave(t)
	n := 0
	for n < len(old.marks) && old.marks[n].At <= t.at {
		n++
	}
	l := &Line{
		ID: t.made, Parent: old.ID, Fork: t.at,
		script: old.script.prefix(t.cur, t.at),
		points: old.points.upTo(t.at),
		marks:  append([]Mark(nil), old.marks[:n]...),
	}
	for _, m := range l.marks {
		l.kinds |= m.Kind
	}
	if old.unmarked <= t.at {
		l.unmarked = old.unmarked
	}
	t.made++
	if len(t.lines) == MaxLines {
		t.forget()
	}
	t.lines = append(t.lines, l)
	t.line = l
}

// forget drops the oldest branch that is not the present line.
func (t *Timeline) forget() {
	for i, l := range t.lines {
		if l.ID != 0 && l != t.line {
			t.lines = append(t.lines[:i], t.lines[i+1:]...)
			return
		}
	}
}

// Switch goes to another line, at the last moment that it shares with the
// present one or at the present moment, whichever is earlier.
func (t *Timeline) Switch(ctx context.Context, id int) error {
	for _, l := range t.lines {
		if l.ID != id {
			continue
		}
		n := min(t.at, t.shared(l))
		t.line = l
		t.restore(l.points.before(n))
		return t.Goto(ctx, n)
	}
	return fmt.Errorf("no branch %d", id)
}

// Return goes back to the line that the present branch left, at that moment.
func (t *Timeline) Return(ctx context.Context) error {
	if t.line.ID == 0 {
		return fmt.Errorf("this is no branch")
	}
	parent := 0 // of a forgotten line: the first
	for _, l := range t.lines {
		if l.ID == t.line.Parent {
			parent = l.ID
		}
	}
	if err := t.Goto(ctx, min(t.at, t.line.Fork)); err != nil {
		return err
	}
	return t.Switch(ctx, parent)
}

// shared is the last moment up to which two lines took the same steps.
func (t *Timeline) shared(o *Line) uint64 {
	var a, b cursor
	for n := uint64(0); ; n++ {
		x, ok := t.line.script.peek(a)
		y, too := o.script.peek(b)
		if !ok || !too || x != y {
			return n
		}
		t.line.script.advance(&a)
		o.script.advance(&b)
	}
}
