package props

import (
	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
)

// Unhandled is no-unhandled-trap: no oops, no signal to a task that nobody
// traces, no triple fault (K13, K14).
type Unhandled struct {
	atSteps
	g         *kprobes.Manager
	swallowed uint32 // vCPUs whose last trap was swallowed, a bit each
}

// NewUnhandled makes the property; it is part of the machine's state.
func NewUnhandled(g *kprobes.Manager) *Unhandled {
	p := &Unhandled{g: g}
	g.K.M.AddPart(p)
	return p
}

// Name is no-unhandled-trap.
func (*Unhandled) Name() string { return NoUnhandledTrap }

// Step looks for what the kernel notes when nobody claims a trap.
func (p *Unhandled) Step(ev *emu.Event) *explore.Violation {
	if d := ev.Delivery; d != nil && d.Shutdown != "" {
		return violation(NoUnhandledTrap, "P4", "cpu%d stopped at %s: %s", ev.CPU, p.g.K.Name(ev.PC), d.Shutdown)
	}
	for i := range ev.Notes {
		n := &ev.Notes[i]
		switch {
		case n.Kind == kprobes.NoteSwallowed:
			p.swallowed |= 1 << ev.CPU
		case n.Kind == traps.NoteOops:
			return violation(NoUnhandledTrap, p.row(ev.CPU, n.ID), "cpu%d: oops: %s at %s", ev.CPU, n.Text, p.g.K.Name(n.Addr))
		case n.Kind == traps.NoteSignal && !p.g.K.Tasks[ev.CPU].Ptraced:
			return violation(NoUnhandledTrap, p.row(ev.CPU, n.ID), "cpu%d: %s for the task at %s", ev.CPU, n.Text, p.g.K.Name(n.Addr))
		}
	}
	return nil
}

// row explains a trap that nobody wanted: by K8 on a vCPU that goes on behind
// a byte whose trap was swallowed.
func (p *Unhandled) row(cpu int, row string) string {
	if p.swallowed>>cpu&1 != 0 {
		return "K8"
	}
	return row
}

// Save copies what was swallowed (emu.Part).
func (p *Unhandled) Save() any { return p.swallowed }

// Restore takes it back.
func (p *Unhandled) Restore(v any) { p.swallowed = v.(uint32) }

// Hash feeds it: it decides which row a later oops is explained by.
func (p *Unhandled) Hash(h *emu.Hasher) { h.Uint64(uint64(p.swallowed)) }

// Rename implements emu.Renamer.
func (p *Unhandled) Rename(r *emu.Renaming) {
	old := p.swallowed
	p.swallowed = 0
	for i, to := range r.To {
		p.swallowed |= old >> i & 1 << to
	}
}

// HashOwn implements emu.Renamer.
func (p *Unhandled) HashOwn(h *emu.Hasher, cpu int, _ *emu.Namer) {
	h.Uint64(uint64(p.swallowed >> cpu & 1))
}

// HashShared implements emu.Renamer: there is nothing else.
func (p *Unhandled) HashShared(*emu.Hasher) {}

// CPUOf implements emu.Renamer: it has no cells.
func (p *Unhandled) CPUOf(emu.Loc) int { return -1 }
