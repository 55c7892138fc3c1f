package session

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/tui/walk"
)

// Points are what Run stops at, forwards and backwards.
type Points struct {
	Breaks  map[uint64]bool // linear addresses of instructions
	watches []watch         // at most maxWatches
}

type watch struct {
	addr, n uint64
	name    string
}

const maxWatches = 8

// Any reports whether there is one.
func (p *Points) Any() bool { return len(p.Breaks)+len(p.watches) > 0 }

// match tells whether a step ends a run: it wrote to a watched place, or the
// vCPU that made it stands at a breakpoint now.
func (s *Session) match(w *walk.Walk, ev *emu.Event) bool {
	for _, x := range s.Points.watches {
		if walk.Writes(x.addr, x.n)(ev) {
			return true
		}
	}
	return s.Points.Breaks[w.Run.Machine.CPUs[ev.CPU].LinearPC()]
}

// AtPoint reports whether Run would stop at the present moment.
func (s *Session) AtPoint() bool {
	ev := s.Walk.Event()
	return ev != nil && s.Points.Any() && s.match(s.Walk, ev)
}

// Run goes on to the next break- or watchpoint, or to the end or start.
func (s *Session) Run(d record.Direction) {
	s.by(d, func(w *walk.Walk) func(*emu.Event) bool {
		return func(ev *emu.Event) bool { return s.match(w, ev) }
	})
	if ev := s.Walk.Event(); ev != nil {
		for _, x := range s.Points.watches {
			if walk.Writes(x.addr, x.n)(ev) {
				s.Notice("stopped: %s was written", x.name)
			}
		}
	}
}

// ToggleBreak sets or takes away a breakpoint.
func (s *Session) ToggleBreak(addr uint64) {
	if s.Points.Breaks[addr] {
		delete(s.Points.Breaks, addr)
		s.Notice("breakpoint at %s taken away", s.Walk.Place(addr))
		return
	}
	s.Points.Breaks[addr] = true
	s.Notice("breakpoint at %s: f runs on to it, F runs back to it", s.Walk.Place(addr))
}

// AddWatch watches SYMBOL[+OFFSET] or an address, one word or ",N" bytes.
func (s *Session) AddWatch(text string) error {
	place, size, _ := strings.Cut(text, ",")
	addr, err := s.Address(place)
	if err != nil {
		return err
	}
	n := uint64(s.Walk.Run.Mode(s.Moment.CPU).Arch().Word())
	if size != "" {
		if n, err = number(size); err != nil || n == 0 || n > 4096 {
			return fmt.Errorf("%q bytes; expected 1 to 4096", size)
		}
	}
	for i, w := range s.Points.watches {
		if w.addr == addr && w.n == n {
			s.Points.watches = append(s.Points.watches[:i], s.Points.watches[i+1:]...)
			s.Notice("no longer watching %s", w.name)
			return nil
		}
	}
	if len(s.Points.watches) == maxWatches {
		return fmt.Errorf("at most %d watchpoints", maxWatches)
	}
	s.Points.watches = append(s.Points.watches, watch{addr, n, s.Walk.Place(addr)})
	s.Notice("watching %s,%d: f runs on to the next write, F back to the last one", s.Walk.Place(addr), n)
	return nil
}
