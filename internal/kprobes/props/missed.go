package props

import (
	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
)

// Missed is no-missed-probe: every execution of a probed instruction hits its
// probe (K11), and none is only counted, as kprobe_profile's last column does: a
// hit inside a hit (O4), a call without a free instance (E7).
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
		switch n := &ev.Notes[i]; n.Kind {
		case kprobes.NoteUnhit:
			return violation(NoMissedProbe, n.ID, "cpu%d ran the instruction at %s and %s",
				ev.CPU, p.g.K.Name(n.Addr), n.Text)
		case kprobes.NoteMissed:
			return violation(NoMissedProbe, n.ID, "cpu%d: a hit at %s was counted as missed, its handler did not run",
				ev.CPU, p.g.K.Name(n.Addr))
		}
	}
	return nil
}
