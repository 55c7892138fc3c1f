package scenario

import (
	"fmt"

	"trapline/internal/explore"
)

// certifies reports whether an exhausted search can be certified for x86-TSO: it
// is of sequentially consistent memory, and nothing is judged in Go, by what steps do.
func (s *Systems) certifies() bool { return modelOf(s.file) == explore.MemoryModel{} && !s.file.InGo() }

// certificate is what a report says of x86-TSO.
func (s *Systems) certificate(r *explore.Report) string {
	if !s.certifies() || !r.Exhausted || r.Cut != explore.CutNone {
		return ""
	}
	switch c := &r.Certificate; {
	case c.Given:
		return "x86-TSO: the same holds, since no load races with a store while an earlier store of its vCPU may be unseen"
	case c.Why == explore.ReadRegisters:
		return "x86-TSO: not certified, because something read another vCPU's registers"
	case c.Why == explore.UnsaidChange:
		return "x86-TSO: not certified, because a system call may have changed pages of a file that others see, which the search does not follow"
	case c.Why == explore.TooMuch:
		return "x86-TSO: not certified, because there are too many accesses to remember"
	case c.Why != explore.Triangle:
		return "x86-TSO: not certified, because the search was divided"
	case c.Store == c.Load:
		return fmt.Sprintf("x86-TSO: may differ (--memory-model tso): cpu%d loads and stores at %s without LOCK, between which comes what cpu%d writes at %s",
			c.Actor, s.name(c.Load), c.Other, s.name(c.Write))
	default:
		return fmt.Sprintf("x86-TSO: may differ (--memory-model tso): cpu%d loads at %s what cpu%d writes at %s, while its store at %s may be unseen",
			c.Actor, s.name(c.Load), c.Other, s.name(c.Write), s.name(c.Store))
	}
}
