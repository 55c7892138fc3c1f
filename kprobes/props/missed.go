package props

import (
	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
)

// Missed is no-missed-probe: every execution of a probed instruction hits its
// probe (K11).
type Missed struct {
	atSteps
	g *kprobes.Manager
}

// NewMissed makes the property.
func NewMissed(g *kprobes.Manager) *Missed { return &Missed{g: g} }

// Name is no-missed-probe.
func (*Missed) Name() string { return NoMissedProbe }

// Step looks for the note that Manager.Observe makes.
func (p *Missed) Step(ev *emu.Event) *explore.Violation {
	for i := range ev.Notes {
		if n := &ev.Notes[i]; n.Kind == kprobes.NoteUnhit {
			return violation(NoMissedProbe, n.ID, "cpu%d ran the instruction at %s and %s was not hit",
				ev.CPU, p.g.K.Name(n.Addr), n.Text)
		}
	}
	return nil
}
