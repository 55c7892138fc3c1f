package traceuprobe

import (
	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/linux"
)

// task is the machine at a hit, as fetch arguments see it.
type task struct{ *linux.Thread }

func (t task) Comm() string { return t.Name() }

// ReadKernel is never used: a uprobe reads the user's memory only.
func (t task) ReadKernel(uint64, []byte) int { return 0 }

// ReadUser reads page by page, bringing pages in.
func (t task) ReadUser(addr uint64, p []byte) int {
	mm := t.Process().MM()
	for n := 0; n < len(p); {
		step := min(len(p)-n, int(emu.PageSize-(addr+uint64(n))%emu.PageSize))
		if !mm.Read(addr+uint64(n), p[n:n+step]) {
			return n
		}
		n += step
	}
	return len(p)
}

// Register reads struct pt_regs, in which orig_ax is -1 after an exception.
func (t task) Register(r events.Reg) uint64 {
	c := t.Core()
	if g, ok := r.General(); ok {
		return c.GPR[g]
	}
	if s, ok := r.Segment(); ok {
		return uint64(c.Seg[s].Sel)
	}
	switch r {
	case events.RegIP:
		return c.RIP
	case events.RegFlags:
		return c.RFLAGS
	}
	return ^uint64(0)
}
