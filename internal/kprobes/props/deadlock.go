package props

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
)

// SelfDeadlock is no-deadlock as far as one vCPU can tell: it waits for a lock
// that it holds itself (K12). That nobody at all can go on is found by package
// explore, which asks Explain why.
type SelfDeadlock struct {
	atSteps
	g     *kprobes.Manager
	locks []kprobes.Lock
}

// NewSelfDeadlock makes the property.
func NewSelfDeadlock(g *kprobes.Manager) *SelfDeadlock {
	return &SelfDeadlock{g: g, locks: g.Locks()}
}

// Name is no-deadlock.
func (*SelfDeadlock) Name() string { return NoDeadlock }

// Step looks at the word of a lock that a step has read and waits for.
func (p *SelfDeadlock) Step(ev *emu.Event) *explore.Violation {
	if ev.Kind != emu.StepSpin || ev.Micro == nil {
		return nil
	}
	for i := range p.locks {
		for _, r := range ev.Reads {
			if l := &p.locks[i]; l.Addr == r.Addr && l.Owner(r.Value) == ev.CPU {
				return violation(NoDeadlock, l.ID, "cpu%d waits for %s, which it holds itself", ev.CPU, l.Name)
			}
		}
	}
	return nil
}

// Explain implements explore.Explainer: two vCPUs that wait for kprobe_lock and
// multiprobe_lock took them in different orders (M4).
func (p *SelfDeadlock) Explain(rows []string) string {
	if slices.Contains(rows, "M4") {
		return "M4"
	}
	return ""
}
