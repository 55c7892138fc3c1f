package props

import (
	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
)

// NoScheduleInTrap is Schedule's name.
const NoScheduleInTrap = "no-schedule-in-trap"

// Schedule is no-schedule-in-trap: the probe code never calls the scheduler
// while it handles a trap (K0).
type Schedule struct{ atSteps }

// NewSchedule makes the property.
func NewSchedule() *Schedule { return &Schedule{} }

// Name is no-schedule-in-trap.
func (*Schedule) Name() string { return NoScheduleInTrap }

// Step looks for the note that the engine makes of it.
func (*Schedule) Step(ev *emu.Event) *explore.Violation {
	for i := range ev.Notes {
		if n := &ev.Notes[i]; n.Kind == kprobes.NoteScheduled {
			return violation(NoScheduleInTrap, n.ID, "cpu%d: %s", ev.CPU, n.Text)
		}
	}
	return nil
}
