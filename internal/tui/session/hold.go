package session

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/tui/walk"
)

// maxSpins is how many steps in a row may only wait for a lock before a move
// with held vCPUs gives up.
const maxSpins = 64

// CanHold reports whether somebody could be held while others go on.
func (s *Session) CanHold() bool { return len(s.Moment.CPUs) > 1 && s.Single() }

// Hold keeps the vCPU that is shown from taking steps, or lets it go: moves
// forwards are the others' until then.
func (s *Session) Hold() {
	cpu := s.Moment.CPU
	if s.Held&(1<<cpu) != 0 {
		s.Held &^= 1 << cpu
		s.Notice("cpu%d is let go", cpu)
		return
	}
	s.Held |= 1 << cpu
	if s.Held == 1<<len(s.Moment.CPUs)-1 {
		s.Notice("cpu%d is held as well: nobody moves forwards until H lets one go", cpu)
		return
	}
	s.Notice("cpu%d is held: moves forwards are the others'; H lets it go", cpu)
}

// HeldText names who is held, for the header; "" for nobody.
func (s *Session) HeldText() string {
	var names []string
	for i := range s.Moment.CPUs {
		if s.Held&(1<<i) != 0 {
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
func (s *Session) free() (actor int, ok bool) {
	turn, ok := s.Walk.Turn()
	if ok && s.Held&(1<<turn) == 0 {
		return turn, true
	}
	n := len(s.Moment.CPUs)
	for i := 1; i <= n; i++ {
		if c := (turn + i) % n; s.Held&(1<<c) == 0 && s.Walk.Run.Can(c) {
			return c, true
		}
	}
	return 0, false
}

// goFree goes forwards by steps of those that next gives, until one satisfies
// match; else it says why it stopped.
func (s *Session) goFree(next func() (actor int, ok bool), match func(*walk.Walk, *emu.Event) bool) {
	ctx, cancel := s.Bounded()
	defer cancel()
	found, why := false, "who is not held cannot go on"
	s.Look.CPU = -1
	s.move(func(w *walk.Walk) error {
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
	if !found && s.Message == "" {
		s.Notice("%s", why)
	}
}

// OwnLine lets the vCPU that is shown go on alone to the next step of its story.
func (s *Session) OwnLine() {
	cpu := s.Moment.CPU
	if !s.Walk.Run.Can(cpu) {
		s.Notice("cpu%d cannot go on now", cpu)
		return
	}
	line := s.Walk.Line()
	s.goFree(func() (int, bool) { return cpu, s.Walk.Run.Can(cpu) }, func(w *walk.Walk, ev *emu.Event) bool { return w.Told(ev) })
	if s.Walk.Line() != line && s.Message == "" {
		s.Notice("cpu%d goes on alone: this is branch %d now; r returns", cpu, s.Walk.Line().ID)
	}
}

// freely makes a move forwards of those that are not held, if somebody is.
func (s *Session) freely(match func(*walk.Walk, *emu.Event) bool) bool {
	if s.Held == 0 || !s.Single() {
		return false
	}
	s.goFree(s.free, match)
	return true
}
