package props

import (
	"encoding/binary"
	"slices"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
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

// Step looks at the word of the lock that a step waits for.
func (p *SelfDeadlock) Step(ev *emu.Event) *explore.Violation {
	if ev.Kind != emu.StepSpin || ev.Micro == nil {
		return nil
	}
	for i := range p.locks {
		l := &p.locks[i]
		if l.Name == ev.Micro.Holds && p.owner(l) == ev.CPU {
			return violation(NoDeadlock, l.ID, "cpu%d waits for %s, which it holds itself", ev.CPU, l.Name)
		}
	}
	return nil
}

func (p *SelfDeadlock) owner(l *kprobes.Lock) int {
	var b [8]byte
	p.g.K.M.CPUs[0].Space.Peek(l.Addr, b[:p.g.K.M.Arch.Word()])
	return l.Owner(binary.LittleEndian.Uint64(b[:]))
}

// Explain implements explore.Explainer: two vCPUs that wait for kprobe_lock and
// multiprobe_lock took them in different orders (M4).
func (p *SelfDeadlock) Explain(waits []string) string {
	if slices.Contains(waits, "kprobe_lock") && slices.Contains(waits, "multiprobe_lock") {
		return "M4"
	}
	return ""
}
