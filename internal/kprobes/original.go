package kprobes

import "trapline/internal/traps"

// Probed reports whether a probe was defined at linear address pc.
func (g *Manager) Probed(pc uint64) bool { return len(g.byAddr[pc]) > 0 }

// Original puts back into code, read from addr on, the first bytes that
// breakpoints cover now.
func (g *Manager) Original(addr uint64, code []byte) {
	for i := range code {
		at := g.K.M.Arch.Mask(addr + uint64(i))
		if g.ops == nil || !g.Probed(at) || code[i] != breakpoint {
			continue
		}
		x := traps.Exec{K: g.K, M: g.K.M.Look(), C: g.K.M.CPUs[0]}
		if x.Probe = g.ops.lookup(&x, at); x.Probe != 0 {
			code[i] = g.ops.opcode(&x)
		}
	}
}

// Awaited gives where the calls return to whose return probe i awaits, one for each
// instance that is out, and how many it can await at once. It is none, 0 for other probes.
func (g *Manager) Awaited(i int) (to []uint64, most int) {
	if g.ops == nil || g.probes[i].Return == nil {
		return nil, 0
	}
	e := common{g: g}
	x := traps.Exec{K: g.K, M: g.K.M.Look(), C: g.K.M.CPUs[0], Probe: g.Address(i)}
	e.eachInstance(&x, func(ri uint64) bool {
		if e.kri(&x, ri, kriTask) != 0 && e.kri(&x, ri, kriRP) == x.Probe {
			to = append(to, e.kri(&x, ri, kriRet))
		}
		return true
	})
	return to, int(e.kri(&x, x.Probe, krpMaxActive))
}
