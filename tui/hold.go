package tui

import (
	"fmt"
	"strings"

	"trapline/emu"
	"trapline/tui/walk"
)

// maxSpins is how many steps in a row may only wait for a lock before a move
// with held vCPUs gives up.
const maxSpins = 64

// canHold reports whether somebody could be held while others go on.
func (m *Model) canHold() bool { return len(m.moment.CPUs) > 1 && single(m) }

// hold keeps the vCPU that is shown from taking steps, or lets it go: moves
// forwards are the others' until then.
func (m *Model) hold() {
	cpu := m.moment.CPU
	if m.held&(1<<cpu) != 0 {
		m.held &^= 1 << cpu
		m.notice("cpu%d is let go", cpu)
		return
	}
	m.held |= 1 << cpu
	m.notice("cpu%d is held: moves forwards are the others'; H lets it go", cpu)
}

// heldText names who is held, for the header; "" for nobody.
func (m *Model) heldText() string {
	var names []string
	for i := range m.moment.CPUs {
		if m.held&(1<<i) != 0 {
			names = append(names, fmt.Sprintf("cpu%d", i))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " held: " + strings.Join(names, " ")
}

// free is who takes the next step of a move: the one whose turn it is unless it
// is held, else the next vCPU behind it that can go on.
func (m *Model) free() (actor int, ok bool) {
	turn, ok := m.walk.Turn()
	if ok && m.held&(1<<turn) == 0 {
		return turn, true
	}
	n := len(m.moment.CPUs)
	for i := 1; i <= n; i++ {
		if c := (turn + i) % n; m.held&(1<<c) == 0 && m.walk.Run.Can(c) {
			return c, true
		}
	}
	return 0, false
}

// goFree goes forwards by steps of those that next gives, until one satisfies
// match; else it says why it stopped.
func (m *Model) goFree(next func() (actor int, ok bool), match func(*walk.Walk, *emu.Event) bool) {
	ctx, cancel := m.bounded()
	defer cancel()
	found, why := false, "who is not held cannot go on"
	m.look.CPU = -1
	m.move(func(w *walk.Walk) error {
		for spins := 0; ; {
			actor, ok := next()
			if !ok {
				return nil
			}
			if err := w.Take(actor); err != nil {
				return err
			}
			ev := w.Event()
			if found = match(w, ev); found {
				return nil
			}
			if spins++; ev.Kind != emu.StepSpin {
				spins = 0
			}
			if spins == maxSpins {
				why = fmt.Sprintf("%s only waits for a lock", w.Run.ActorName(actor))
				return nil
			}
			if err := w.Ended(ctx); err != nil {
				return err
			}
		}
	})
	if !found && m.message == "" {
		m.notice("%s", why)
	}
}

// ownLine lets the vCPU that is shown go on alone to the next step of its story.
func (m *Model) ownLine() {
	cpu := m.moment.CPU
	if !m.walk.Run.Can(cpu) {
		m.notice("cpu%d cannot go on now", cpu)
		return
	}
	line := m.walk.Line()
	m.goFree(func() (int, bool) { return cpu, m.walk.Run.Can(cpu) }, func(w *walk.Walk, ev *emu.Event) bool { return w.Told(ev) })
	if m.walk.Line() != line && m.message == "" {
		m.notice("cpu%d goes on alone: this is branch %d now; r returns", cpu, m.walk.Line().ID)
	}
}

// freely makes a move forwards of those that are not held, if somebody is.
func (m *Model) freely(match func(*walk.Walk, *emu.Event) bool) bool {
	if m.held == 0 || !single(m) {
		return false
	}
	m.goFree(m.free, match)
	return true
}
