package uprobes

import (
	"trapline/internal/linux/mm"
)

// Due reports whether a hit is due wherever code of mm runs the instruction at an address: there is a uprobe whose
// instruction was accepted, and a consumer that wants the process.
func (s *System) Due(mm *mm.MM, va uint64) bool {
	if mm == nil {
		return false
	}
	u := s.uprobeAt(mm, va)
	return u != nil && u.insn != nil && u.wanted(mm)
}
