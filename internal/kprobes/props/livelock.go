package props

import (
	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/x86"
)

// LivelockTraps is how often in a row one instruction may trap without being
// completed. A probed instruction that faults traps a few times.
const LivelockTraps = 32

// Livelock is no-livelock where counts go up and so no state ever comes back:
// an instruction of the scenario traps over and over (K20, M3).
type Livelock struct {
	atSteps
	g   *kprobes.Manager
	cpu []trapping
}

// trapping counts the traps of the instruction that a vCPU is at.
type trapping struct {
	pc uint64
	n  uint64
}

// NewLivelock makes the property; it is part of the machine's state.
func NewLivelock(g *kprobes.Manager) *Livelock {
	p := &Livelock{g: g, cpu: make([]trapping, len(g.K.M.CPUs))}
	g.K.M.AddPart(p)
	return p
}

// Name is no-livelock.
func (*Livelock) Name() string { return NoLivelock }

// Step counts deliveries, and forgets them when the instruction completes.
func (p *Livelock) Step(ev *emu.Event) *explore.Violation {
	c := &p.cpu[ev.CPU]
	switch {
	case inKernel(p.g, ev.PC):
	case ev.Kind == emu.StepInstruction:
		*c = trapping{}
	case ev.Kind == emu.StepDelivery && c.pc != ev.PC:
		*c = trapping{ev.PC, 1}
	case ev.Kind == emu.StepDelivery:
		if c.n++; c.n == LivelockTraps {
			return violation(NoLivelock, p.row(ev), "the instruction at %s trapped %d times on cpu%d and was never completed",
				p.g.K.Name(ev.PC), LivelockTraps, ev.CPU)
		}
	}
	return nil
}

// row is the row that explains it: an int3 that stepping meets again (K20), or
// a fault that multiprobe's common handler calls handled (M3).
func (p *Livelock) row(ev *emu.Event) string {
	switch {
	case ev.Delivery.Trap.Vector == x86.VecBP:
		return "K20"
	case ev.Delivery.Trap.Vector == x86.VecPF && p.g.K.HasSymbol("comm_fault_handler"):
		return "M3"
	}
	return ""
}

// Save copies the counts (emu.Part).
func (p *Livelock) Save() any { return append([]trapping(nil), p.cpu...) }

// Restore takes them back.
func (p *Livelock) Restore(v any) { copy(p.cpu, v.([]trapping)) }

// Hash feeds them.
func (p *Livelock) Hash(h *emu.Hasher) {
	for _, c := range p.cpu {
		h.Uint64(c.pc)
		h.Uint64(c.n)
	}
}

// Rename implements emu.Renamer.
func (p *Livelock) Rename(r *emu.Renaming) {
	for i, c := range append([]trapping(nil), p.cpu...) {
		p.cpu[r.To[i]] = c
	}
}

// HashOwn implements emu.Renamer.
func (p *Livelock) HashOwn(h *emu.Hasher, cpu int, _ *emu.Namer) {
	h.Uint64(p.cpu[cpu].pc)
	h.Uint64(p.cpu[cpu].n)
}

// HashShared implements emu.Renamer: there is nothing else.
func (p *Livelock) HashShared(*emu.Hasher) {}

// CPUOf implements emu.Renamer: it has no cells.
func (p *Livelock) CPUOf(emu.Loc) int { return -1 }
