package scenario

import (
	"context"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Counts are what a run under one engine cost and caught.
type Counts struct {
	Hits     uint64 `json:"hits"`
	Missed   uint64 `json:"missed"`
	Traps    uint64 `json:"traps"`     // vectors 1 and 3 that were delivered
	LockWait uint64 `json:"lock_wait"` // steps that vCPUs spent waiting for a lock
	Steps    uint64 `json:"steps"`
}

// Count runs to the end and counts.
func (r *Run) Count(ctx context.Context) (*Counts, error) {
	n := &Counts{}
	err := r.Finish(ctx, func(ev *emu.Event) {
		if d := ev.Delivery; d != nil && (d.Trap.Vector == x86.VecBP || d.Trap.Vector == x86.VecDB) {
			n.Traps++
		}
		if ev.Kind == emu.StepSpin {
			n.LockWait++
		}
	})
	n.Steps = r.Steps()
	for _, p := range r.ProbeEnds() {
		n.Hits += p.Hits
		n.Missed += p.Missed
	}
	return n, err
}

// TrapsPerHit is the quotient with one decimal, or "-" without a hit.
func (n *Counts) TrapsPerHit() string {
	if n.Hits == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(n.Traps)/float64(n.Hits))
}
