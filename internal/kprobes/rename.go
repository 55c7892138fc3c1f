package kprobes

import "trapline/internal/emu"

// Rename implements emu.Renamer: which probe a vCPU steps is its own.
func (g *Manager) Rename(r *emu.Renaming) {
	step := append([]stepOf(nil), g.step...)
	for i, s := range step {
		g.step[r.To[i]] = s
	}
}

// HashOwn implements emu.Renamer.
func (g *Manager) HashOwn(h *emu.Hasher, cpu int, _ *emu.Namer) { g.step[cpu].hash(h) }

// HashShared implements emu.Renamer: the counts.
func (g *Manager) HashShared(h *emu.Hasher) { g.hashCounts(h) }

// CPUOf implements emu.Renamer: no count is one vCPU's.
func (*Manager) CPUOf(emu.Loc) int { return -1 }

// PerCPU are the vCPUs' own variables, by vCPU, or nil if the engine has none.
func (g *Manager) PerCPU() []emu.Area {
	if !g.K.HasSymbol(kprobeCtlblk) {
		return nil
	}
	var list []emu.Area
	size := uint64(ctlWords * g.K.M.Arch.Word())
	for i := range g.step {
		at := g.K.Symbol(kprobeCtlblk) + uint64(i)*size
		list = append(list, emu.Area{Low: at, High: at + size})
	}
	return list
}

const kprobeCtlblk = "kprobe_ctlblk"
