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

// Step looks at the count that Manager.Observe keeps.
func (p *Missed) Step(ev *emu.Event) *explore.Violation {
	if ev.Kind != emu.StepInstruction || !p.g.Probed(ev.PC) {
		return nil
	}
	for i, probe := range p.g.Probes() {
		s := p.g.Stats(i)
		if probe.Addr != ev.PC || s.Missed == 0 {
			continue
		}
		row := "K11"
		if s.Lost {
			row = "K7"
		}
		return violation(NoMissedProbe, row, "cpu%d ran the instruction at %s and probe %s was not hit",
			ev.CPU, p.g.K.Name(ev.PC), probe.Name)
	}
	return nil
}
