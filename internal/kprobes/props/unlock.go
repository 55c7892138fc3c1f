package props

import (
	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
)

// Unlock is no-double-unlock: nobody releases a lock that he does not hold
// (K19).
type Unlock struct{ atSteps }

// NewUnlock makes the property.
func NewUnlock() *Unlock { return &Unlock{} }

// Name is no-double-unlock.
func (*Unlock) Name() string { return NoDoubleUnlock }

// Step looks for the note that the engine makes of it.
func (*Unlock) Step(ev *emu.Event) *explore.Violation {
	for i := range ev.Notes {
		if n := &ev.Notes[i]; n.Kind == kprobes.NoteUnlock {
			return violation(NoDoubleUnlock, n.ID, "cpu%d: %s", ev.CPU, n.Text)
		}
	}
	return nil
}
