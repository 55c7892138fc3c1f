package props

import (
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/x86"
)

// Rearm is no-lost-rearm: when nobody steps any more, every registered probe's
// breakpoint is in place (K7).
type Rearm struct {
	atEnd
	g *kprobes.Manager
}

// NewRearm makes the property.
func NewRearm(g *kprobes.Manager) *Rearm { return &Rearm{g: g} }

// Name is no-lost-rearm.
func (*Rearm) Name() string { return NoLostRearm }

// breakpoint is INT3's opcode.

// End looks at the bytes.
func (p *Rearm) End() *explore.Violation {
	if p.g.Describe().None() {
		return nil
	}
	for i, probe := range p.g.Probes() {
		var b [1]byte
		p.g.K.M.Watch().Peek(0, probe.Addr, b[:])
		if p.g.Stats(i).Registered && b[0] != x86.Int3 {
			return violation(NoLostRearm, "K7", "probe %s at %s is registered, but the byte there is %02x", probe.Name, p.g.K.Name(probe.Addr), b[0])
		}
	}
	return nil
}
