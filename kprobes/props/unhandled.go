package props

import (
	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
	"trapline/traps"
)

// Unhandled is no-unhandled-trap: no oops, no signal to a task that nobody
// traces, no triple fault (K13, K14).
type Unhandled struct {
	atSteps
	g *kprobes.Manager
}

// NewUnhandled makes the property.
func NewUnhandled(g *kprobes.Manager) *Unhandled { return &Unhandled{g: g} }

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
		case n.Kind == traps.NoteOops:
			return violation(NoUnhandledTrap, n.ID, "cpu%d: %s", ev.CPU, n.Text)
		case n.Kind == traps.NoteSignal && !p.g.K.Tasks[ev.CPU].Ptraced:
			return violation(NoUnhandledTrap, n.ID, "cpu%d: %s for the task at %s", ev.CPU, n.Text, p.g.K.Name(n.Addr))
		}
	}
	return nil
}
