package props

import (
	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
)

// SelfDeadlock is no-deadlock as far as one vCPU can tell: it spins on a lock
// that it holds itself (K12). That nobody at all can go on is found by package
// explore.
type SelfDeadlock struct {
	atSteps
	g *kprobes.Manager
}

// NewSelfDeadlock makes the property.
func NewSelfDeadlock(g *kprobes.Manager) *SelfDeadlock { return &SelfDeadlock{g: g} }

// Name is no-deadlock.
func (*SelfDeadlock) Name() string { return NoDeadlock }

// Step looks at a spin's lock word.
func (p *SelfDeadlock) Step(ev *emu.Event) *explore.Violation {
	if ev.Kind != emu.StepSpin || ev.Micro == nil {
		return nil
	}
	for i := range ev.Reads {
		r := &ev.Reads[i]
		name, ok := p.lock(r.Addr)
		if ok && r.Value == uint64(ev.CPU)+1 {
			return violation(NoDeadlock, "K12", "cpu%d spins on %s, which it holds itself", ev.CPU, name)
		}
	}
	return nil
}

func (p *SelfDeadlock) lock(addr uint64) (string, bool) {
	for _, at := range Locks(p.g) {
		if at == addr {
			return p.g.K.Name(at), true
		}
	}
	return "", false
}
