package emu

import "fmt"

// Unit is a part of a vCPU that works beside its instructions: what it does is
// a step of its own, by an actor of the schedule.
type Unit uint8

// Units.
const (
	StoreBuffer  Unit = iota // the oldest store reaches memory (T2)
	RefetchFirst             // the first changed byte that was fetched ahead is fetched anew (T4)
	RefetchLast              // the last one is, if there are several
)

// Units are those that the machine's vCPUs have.
func (m *Machine) Units() []Unit {
	var list []Unit
	if m.Buffers() {
		list = append(list, StoreBuffer)
	}
	if m.prefetch > 0 {
		list = append(list, RefetchFirst, RefetchLast)
	}
	return list
}

// UnitDue is where in memory a vCPU's unit has something to do; false: it has
// not.
func (m *Machine) UnitDue(u Unit, cpu int) (Loc, bool) {
	c := m.CPUs[cpu]
	if u == StoreBuffer {
		if c.stores == nil {
			return 0, false
		}
		at := c.stores.stores[0].at
		return MemoryLoc(at.frame, uint64(at.off)), true
	}
	at, _, _, ok := m.Stale(u, cpu)
	if !ok {
		return 0, false
	}
	return MemoryLoc(c.Space.entry(at).pte.Frame, at), true
}

// StepUnit is the step of a unit that has something to do.
func (m *Machine) StepUnit(u Unit, cpu int) *Event {
	c, ev := m.CPUs[cpu], &m.ev
	ev.reset(m.Seq, cpu)
	m.watched = m.watched[:0]
	m.Seq++
	ev.PC = c.LinearPC()
	ev.Before, ev.After = c.Core, c.Core
	switch u {
	case StoreBuffer:
		ev.Kind = StepFlush
		m.flush(c)
	case RefetchFirst, RefetchLast:
		m.refetch(c, u)
	default:
		panic(fmt.Sprintf("unit %d", u))
	}
	return ev
}
