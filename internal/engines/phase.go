package engines

import (
	"encoding/json"
	"fmt"
)

// Phase is where a vCPU, or a program's thread, is in the life of a hit. In JSON
// it is its number; descriptions have its name.
type Phase uint8

// Phases, in the order of a hit.
const (
	Away      Phase = iota // no hit under way
	Trapped                // int3 was delivered, no probe found yet
	HitActive              // KPROBE_HIT_ACTIVE: pre_handler runs
	HitSS                  // KPROBE_HIT_SS: the instruction is being stepped
	HitSSDone              // the step's #DB arrived: post_handler, re-arming
	Reenter                // KPROBE_REENTER: a hit inside a hit

	// Of user probes.
	Preparing  // the thread is about to be sent to the copy
	Emulating  // the instruction's effect is made without a step
	Waiting    // for a slot, or for another's step in place
	Faulted    // UTASK_SSTEP_TRAPPED: the copy faulted
	Trampoline // a probed function has returned
)

// phaseNames are what descriptions call the phases.
var phaseNames = [...]string{"away", "trapped", "hit active", "hit ss", "hit ssdone", "reenter", "preparing", "emulating", "waiting", "faulted", "trampoline"}

// UnmarshalJSON reads a number or a name.
func (p *Phase) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '"' {
		return json.Unmarshal(b, (*uint8)(p))
	}
	var name string
	if err := json.Unmarshal(b, &name); err != nil {
		return err
	}
	for i, n := range phaseNames {
		if n == name {
			*p = Phase(i)
			return nil
		}
	}
	return fmt.Errorf("phase %q: expected one of %q", name, phaseNames)
}
