package explore

import (
	"slices"

	"trapline/internal/emu"
)

// see remembers the registers before a step.
func (s *Machine) see() {
	if s.told.Registers {
		for i, c := range s.M.CPUs {
			c.See(&s.seen[i])
		}
	}
}

// changed tells which registers the step changed.
func (s *Machine) changed() {
	if !s.told.Registers {
		return
	}
	var now emu.Seen
	for i, c := range s.M.CPUs {
		c.See(&now)
		for r := range now {
			if now[r] != s.seen[i][r] {
				s.add(emu.RegisterLoc(i, emu.Register(r)), 1, emu.Writes)
			}
		}
	}
}

// watched tells what the properties looked at.
func (s *Machine) watched() {
	for _, t := range s.M.Watched() {
		s.ask(t, -1)
		s.step.Watched = append(s.step.Watched, Access{Loc: uint64(t.Loc), Mask: t.Mask})
	}
}

// ask notes a read by the step of a vCPU, or by a property (-1), of what is
// told of only when asked for.
func (s *Machine) ask(t emu.Touch, cpu int) {
	switch {
	case t.Loc.IsClock():
		s.step.Asked.Clocks = true
	case t.Loc.IsRegister() && t.Loc.CPU() != cpu:
		s.step.Asked.Registers = true
	}
}

// touched lists what the step read and wrote: its instruction's bytes, its
// memory accesses, by physical address, and what lies outside memory. held are
// the locks that c held before the step.
func (s *Machine) touched(c *emu.CPU, ev *emu.Event, takes bool, held uint64) {
	s.linear(ev.PC, len(ev.Bytes), emu.Reads)
	s.linear(ev.FetchedAt, ev.Fetched, emu.Reads)
	for i := range ev.Reads {
		if r := &ev.Reads[i]; ev.Micro == nil || ev.Micro.Asks != r.Addr || !s.asks(c, r.Addr) {
			s.linear(r.Addr, int(r.Size), emu.Reads)
		}
	}
	for i := range ev.Writes {
		w := &ev.Writes[i]
		if w.By == emu.ByFlush || w.AtOnce {
			held = s.drained(c, w, held)
			continue
		}
		if !w.Buffered {
			s.linear(w.Addr, int(w.Size), emu.Writes)
		}
		s.checkLock(c, w)
	}
	if d := ev.Delivery; d != nil {
		s.faults(c, d)
	}
	s.mappings.changed(s.M, func(space int, vpn uint64) { s.add(emu.PageLoc(space, vpn), 0xff, emu.Writes) })
	if takes {
		s.add(emu.InterruptsLoc(c.ID), 1, emu.Reads)
	}
	for _, t := range ev.Touched {
		if t.Use == emu.Reads {
			s.ask(t, c.ID)
		}
		s.add(t.Loc, t.Mask, t.Use)
	}
	if s.told.Clocks {
		s.add(emu.TimeLoc, 1, emu.Adds)
	}
	s.changed()
	s.renumbered()
	if ev.Micro != nil && slices.Contains(s.Locks, ev.Micro.Takes) {
		s.uses(ev.Micro.Takes, Takes)
	}
}

// drained notes a store that the step has brought to memory by way of the buffer, when c held
// locks. It returns those that are held behind it.
func (s *Machine) drained(c *emu.CPU, w *emu.MemWrite, held uint64) uint64 {
	n, behind := len(s.step.Touched), held
	s.linear(w.Addr, int(w.Size), emu.Writes)
	for i, at := range s.Locks {
		if w.Addr < at+uint64(s.M.Arch.Word()) && at < w.Addr+uint64(w.Size) {
			behind &^= 1 << i
		}
	}
	for i := range s.step.Touched[n:] {
		a := &s.step.Touched[n+i]
		a.Under = held & behind
		if w.AtOnce && a.Write {
			a.Flush = uint8(i) // behind the page's entry
		}
	}
	s.checkLock(c, w)
	return behind
}

// faults notes page faults: they read that there is no page, or its protection.
func (s *Machine) faults(c *emu.CPU, d *emu.Delivery) {
	fault := d.Trap.SetCR2
	for i := range d.Nested {
		fault = fault || d.Nested[i].SetCR2
	}
	if fault {
		s.linear(c.Sys.CR2, 1, emu.Reads)
	}
}

// linear adds an access to n bytes at a linear address: to the page's entry and,
// if there is a page, to its memory.
func (s *Machine) linear(at uint64, n int, u emu.Use) {
	space, page := s.mappings.number(s.space), ^uint64(0)
	for n > 0 {
		if vpn := at / emu.PageSize; vpn != page {
			page = vpn
			s.add(emu.PageLoc(space, vpn), 0xff, emu.Reads)
		}
		k := min(n, 8-int(at&7))
		if pte, ok := s.space.Lookup(at); ok {
			s.add(emu.MemoryLoc(pte.Frame, at), uint8(1<<k-1)<<(at&7), u)
		}
		at = s.M.Arch.Mask(at + uint64(k))
		n -= k
	}
}

func (s *Machine) add(l emu.Loc, m uint8, u emu.Use) {
	s.step.Touched = append(s.step.Touched, Access{Loc: uint64(l), Mask: m, Write: u == emu.Writes, Add: u == emu.Adds})
}
