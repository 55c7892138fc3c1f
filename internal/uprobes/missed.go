package uprobes

import (
	"trapline/internal/linux"
	"trapline/internal/x86"
)

// While a thread steps in place, the others run through the instruction without a hit (K11). To count that, an execute
// breakpoint of each vCPU is on the address until the step is over: the last of the four, which a program is least likely to use.
const (
	missedDR     = 3
	missedEnable = uint64(1) << (2 * missedDR)      // DR7.L3
	missedKind   = uint64(0xf) << (16 + 4*missedDR) // DR7.R/W3 and LEN3: execute
	missedHit    = uint64(1) << missedDR            // DR6.B3
)

// Missed is how often the instruction at a place ran without a hit while another thread stepped it in place (Options.CountMissed).
func (s *System) Missed(p Place) uint64 {
	if u := s.tree.find(p.File, p.Offset); u != nil {
		return u.missed
	}
	return 0
}

// watchMissed has the other vCPUs tell of an address from now on.
func (s *System) watchMissed(t *linux.Thread, addr uint64) {
	if !s.countMissed {
		return
	}
	for _, c := range s.machine.CPUs {
		if c != t.CPU() && c.Sys.DR[7]&missedEnable == 0 {
			c.Sys.DR[missedDR] = addr
			c.Sys.DR[7] = c.Sys.DR[7]&^missedKind | missedEnable
		}
	}
}

// watchedMissed ends that.
func (s *System) watchedMissed(addr uint64) {
	if !s.countMissed {
		return
	}
	for _, c := range s.machine.CPUs {
		if c.Sys.DR[7]&missedEnable != 0 && c.Sys.DR[missedDR] == addr {
			c.Sys.DR[7] &^= missedEnable
		}
	}
}

// countedMissed takes the #DB of such a vCPU, ahead of the instruction, which then runs (RF).
func (s *System) countedMissed(t *linux.Thread) bool {
	c := t.CPU()
	if !s.countMissed || c.Sys.DR[6]&missedHit == 0 {
		return false
	}
	c.Sys.DR[6] &^= missedHit
	c.RFLAGS |= x86.RF
	mm := t.Process().MM()
	if u := s.uprobeAt(mm, mm.ABI().Mask(c.RIP)); u != nil && s.stepper != 0 {
		u.missed++
	}
	return true
}
