// Package props is the properties of a run under probes that a search or a
// scenario can demand (S4), one file each. No deadlock, and livelocks in which
// a whole state comes back, are judged by package explore itself.
package props

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
)

// Names of the properties, as scenarios give them.
const (
	NoMissedProbe   = "no-missed-probe"
	NoLostRearm     = "no-lost-rearm"
	Transparency    = "transparency"
	NoDeadlock      = explore.NoDeadlock
	NoLivelock      = explore.NoLivelock
	NoUnhandledTrap = "no-unhandled-trap"
	OnePreOnePost   = "one-pre-one-post"
	NoDoubleUnlock  = "no-double-unlock"
)

// Stacks are the kernel's stacks.
func Stacks(g *kprobes.Manager) []explore.Stack {
	var l []explore.Stack
	for _, c := range g.K.M.CPUs {
		top := g.K.Layout.StackTop(c.ID)
		l = append(l, explore.Stack{CPU: c.ID, Low: top - traps.StackSize, High: top})
		for _, a := range g.K.ExceptionStacks(c.ID) {
			l = append(l, explore.Stack{CPU: c.ID, Low: a.Low, High: a.High, Exceptions: true})
		}
	}
	return l
}

// Locks are the addresses of the engine's locks that one vCPU holds at a time,
// words that are 0 or the owner's number plus one. Readers share a lock for
// reading and writing, so to hold it keeps nobody out for certain.
func Locks(g *kprobes.Manager) []uint64 {
	var l []uint64
	for _, k := range g.Locks() {
		if k.Kind != engines.RWLock {
			l = append(l, k.Addr)
		}
	}
	return l
}

// violation makes one.
func violation(property, row, format string, args ...any) *explore.Violation {
	return &explore.Violation{Property: property, ID: row, What: fmt.Sprintf(format, args...)}
}

// atEnd is embedded by properties that are judged at the end only.
type atEnd struct{}

func (atEnd) Step(*emu.Event) *explore.Violation { return nil }

// atSteps is embedded by properties that are judged at steps only.
type atSteps struct{}

func (atSteps) End() *explore.Violation { return nil }

// inKernel tells the modelled kernel's text from the scenario's.
func inKernel(g *kprobes.Manager, pc uint64) bool {
	l := g.K.Layout
	return pc >= l.Text && pc < l.Data
}
