package explore

import (
	"slices"

	"trapline/internal/emu"
)

// locks is the set of Locks that c owns.
func (s *Machine) locks(c *emu.CPU) uint64 {
	var held uint64
	for i, at := range s.Locks {
		if c.Space.Word(at, s.M.Arch.Word()) == uint64(c.ID)+1 {
			held |= 1 << i
		}
	}
	return held
}

// checkLock notices a write to a lock's word that is not the owner's or the
// taking of a free lock.
func (s *Machine) checkLock(c *emu.CPU, w *emu.MemWrite) {
	me := uint64(c.ID) + 1
	size := uint64(s.M.Arch.Word())
	for _, at := range s.Locks {
		if w.Addr+uint64(w.Size) <= at || at+size <= w.Addr {
			continue
		}
		whole := w.Addr == at && uint64(w.Size) == size
		if !whole || !(w.Old == 0 && w.New == me || w.Old == me && w.New == 0) {
			s.step.BrokeLock = true
		} else if w.New == 0 {
			s.uses(at, Releases)
		}
	}
}

// uses marks the step's accesses to a lock's word.
func (s *Machine) uses(at uint64, u LockUse) {
	pte, ok := s.space.Lookup(at)
	if !ok {
		return
	}
	loc, bytes := uint64(emu.MemoryLoc(pte.Frame, at)), uint8(1<<s.M.Arch.Word()-1)<<(at&7)
	for i := range s.step.Touched {
		if a := &s.step.Touched[i]; a.Loc == loc && a.Mask&^bytes == 0 {
			a.Lock = u
		}
	}
}

// number remembers the words that hold a vCPU's number, before a step.
func (s *Machine) number(c *emu.CPU) {
	s.numbers = s.numbers[:0]
	for _, at := range s.M.Numbers {
		s.numbers = append(s.numbers, c.Space.Word(at, s.M.Arch.Word()))
	}
}

// renumbered tells for which vCPUs it has changed whether such a word holds
// their number.
func (s *Machine) renumbered() {
	for i, at := range s.M.Numbers {
		old, now := s.numbers[i], s.space.Word(at, s.M.Arch.Word())
		pte, ok := s.space.Lookup(at)
		if old == now || !ok {
			continue
		}
		for cpu := range s.M.CPUs {
			if n := uint64(cpu); old == n || now == n {
				s.add(emu.NumberLoc(emu.MemoryLoc(pte.Frame, at), cpu), 1, emu.Writes)
			}
		}
	}
}

// asks notes that a step asked whether a word holds its vCPU's number. False: it
// is no such word.
func (s *Machine) asks(c *emu.CPU, at uint64) bool {
	pte, ok := s.space.Lookup(at)
	if !ok || !slices.Contains(s.M.Numbers, at) {
		return false
	}
	s.add(emu.PageLoc(s.mappings.number(s.space), at/emu.PageSize), 0xff, emu.Reads)
	s.add(emu.NumberLoc(emu.MemoryLoc(pte.Frame, at), c.ID), 1, emu.Reads)
	return true
}
