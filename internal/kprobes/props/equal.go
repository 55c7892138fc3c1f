package props

import (
	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
)

// Equal says what of the kernel is each vCPU's own: its stacks, thread_info at
// their bottom, and its probe variables. more are further areas, by vCPU.
func Equal(g *kprobes.Manager, more [][]emu.Area) *explore.Equal {
	k, m := g.K, g.K.M
	e := &explore.Equal{Areas: more}
	var stacks, pda []emu.Area
	exceptions := make([][]emu.Area, len(k.ExceptionStacks(0)))
	for _, c := range m.CPUs {
		low, high := k.Layout.KernelStacks(c.ID, m.Arch)
		stacks = append(stacks, emu.Area{Low: low, High: high})
		for i, a := range k.ExceptionStacks(c.ID) {
			exceptions[i] = append(exceptions[i], a)
		}
		if len(exceptions) != 0 {
			pda = append(pda, k.PDA(c.ID))
		}
		e.Numbers = append(e.Numbers, emu.NumberWord{Addr: k.Layout.NumberOf(c.ID), Size: 4})
	}
	e.Areas = append(e.Areas, stacks)
	if pda != nil {
		e.Areas = append(append(e.Areas, pda), exceptions...)
	}
	if own := g.PerCPU(); own != nil {
		e.Areas = append(e.Areas, own)
	}
	word := m.Arch.Word()
	for _, l := range g.Locks() {
		if l.Kind != engines.RWLock {
			e.Numbers = append(e.Numbers, emu.NumberWord{Addr: l.Addr, Size: word, First: 1})
		}
	}
	for _, at := range m.Numbers {
		e.Numbers = append(e.Numbers, emu.NumberWord{Addr: at, Size: word})
	}
	return e
}
