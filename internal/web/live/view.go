package live

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/record"
	"trapline/internal/tui/walk"
)

// Kinds are the marks that a page goes to, by name.
var Kinds = []struct {
	Name string
	Kind record.Kind
}{
	{"hit", walk.Hit}, {"trap", walk.Trap}, {"lock", walk.LockMoved}, {"event", walk.Fired},
	{"patched", walk.Patched}, {"missed", walk.Missed}, {"violation", walk.Violated},
}

func (m *Machine) toMark(q *Request) error {
	var names []string
	for _, k := range Kinds {
		if k.Name == q.Kind {
			m.StepMark(direction(q), k.Kind, k.Name)
			return nil
		}
		names = append(names, k.Name)
	}
	return fmt.Errorf("kind %q; expected one of %s", q.Kind, strings.Join(names, ", "))
}

// view is the present moment.
func (m *Machine) view() *View {
	v := &View{Moment: m.Moment, Message: m.Message, Rows: m.RowsHere(), Branches: len(m.Walk.Lines()), Beside: m.Beside}
	v.Marks, v.Unmarked = m.marks()
	for i := range m.Moment.CPUs {
		if m.Held&(1<<i) != 0 {
			v.Held = append(v.Held, i)
		}
	}
	for addr := range m.Points.Breaks {
		v.Breaks = append(v.Breaks, fmt.Sprintf("%x", addr))
	}
	slices.Sort(v.Breaks)
	v.Can = Can{
		Forward: m.CanForward(), Backward: m.CanBackward(), Choose: m.CanChoose(), Hold: m.CanHold(),
		Return: m.Walk.Line().ID != 0 && m.Single(), Run: m.Points.Any(),
	}
	for _, k := range Kinds {
		if m.HasMark(k.Kind) {
			v.Can.Kinds = append(v.Can.Kinds, k.Name)
		}
	}
	for i := range m.Walk.Run.Actors() {
		v.Able = append(v.Able, m.Walk.Run.Can(i))
	}
	if m.Other != nil {
		v.BesideOf = SceneOf(m.Other)
	}
	return v
}

// maxMarks bounds the marks of a view; later ones are left out.
const maxMarks = 20_000

// marks are those of the present line, or nil if the page has them; from the step
// unmarked on they are left out, unless that is 0.
func (m *Machine) marks() (l []Mark, unmarked uint64) {
	now := marksSent{m.Walk, m.Walk.Line(), len(m.Walk.Marks())}
	if now == m.sent {
		return nil, unmarkedFrom(m.Walk)
	}
	m.sent = now
	return Marks(m.Walk)
}

// Marks are those of a walk's present line, from the step unmarked on without, if that
// is not 0.
func Marks(w *walk.Walk) (l []Mark, unmarked uint64) {
	list := w.Marks()
	l = make([]Mark, 0, min(len(list), maxMarks))
	for _, x := range list[:min(len(list), maxMarks)] {
		l = append(l, Mark(x))
	}
	return l, unmarkedFrom(w)
}

// unmarkedFrom is the first step whose mark a page does not get, 0 for none.
func unmarkedFrom(w *walk.Walk) uint64 {
	if list := w.Marks(); len(list) > maxMarks {
		return list[maxMarks].At
	}
	return w.Unmarked()
}
