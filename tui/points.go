package tui

import (
	"fmt"
	"strings"

	"trapline/emu"
	"trapline/emu/record"
	"trapline/tui/walk"
)

// points are what a run stops at, forwards and backwards.
type points struct {
	breaks  map[uint64]bool // linear addresses of instructions
	watches []watch         // at most maxWatches
}

type watch struct {
	addr, n uint64
	name    string
}

const maxWatches = 8

func (p *points) any() bool { return len(p.breaks)+len(p.watches) > 0 }

// match tells whether a step ends a run: it wrote to a watched place, or the
// vCPU that made it stands at a breakpoint now.
func (m *Model) match(w *walk.Walk, ev *emu.Event) bool {
	for _, x := range m.points.watches {
		if walk.Writes(x.addr, x.n)(ev) {
			return true
		}
	}
	return m.points.breaks[w.Run.Machine.CPUs[ev.CPU].LinearPC()]
}

func (m *Model) atPoint() bool {
	ev := m.walk.Event()
	return ev != nil && m.points.any() && m.match(m.walk, ev)
}

// run goes on to the next break- or watchpoint, or to the end or start.
func (m *Model) run(d record.Direction) {
	m.by(d, func(w *walk.Walk) func(*emu.Event) bool {
		return func(ev *emu.Event) bool { return m.match(w, ev) }
	})
	if ev := m.walk.Event(); ev != nil {
		for _, x := range m.points.watches {
			if walk.Writes(x.addr, x.n)(ev) {
				m.notice("stopped: %s was written", x.name)
			}
		}
	}
}

// toggleBreak sets or takes away a breakpoint.
func (m *Model) toggleBreak(addr uint64) {
	if m.points.breaks[addr] {
		delete(m.points.breaks, addr)
		m.notice("breakpoint at %s taken away", m.walk.Place(addr))
		return
	}
	m.points.breaks[addr] = true
	m.notice("breakpoint at %s: f runs on to it, F runs back to it", m.walk.Place(addr))
}

// addWatch watches SYMBOL[+OFFSET] or an address, one word or ",N" bytes.
func (m *Model) addWatch(text string) error {
	place, size, _ := strings.Cut(text, ",")
	addr, err := m.address(place)
	if err != nil {
		return err
	}
	n := uint64(m.walk.Run.Machine.Arch.Word())
	if size != "" {
		if n, err = number(size); err != nil || n == 0 || n > 4096 {
			return fmt.Errorf("%q bytes; expected 1 to 4096", size)
		}
	}
	for i, w := range m.points.watches {
		if w.addr == addr && w.n == n {
			m.points.watches = append(m.points.watches[:i], m.points.watches[i+1:]...)
			m.notice("no longer watching %s", w.name)
			return nil
		}
	}
	if len(m.points.watches) == maxWatches {
		return fmt.Errorf("at most %d watchpoints", maxWatches)
	}
	m.points.watches = append(m.points.watches, watch{addr, n, m.walk.Place(addr)})
	m.notice("watching %s,%d: f runs on to the next write, F back to the last one", m.walk.Place(addr), n)
	return nil
}
