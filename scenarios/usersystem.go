package scenarios

import (
	"context"
	"fmt"

	"trapline/emu/explore"
)

// userSystem is a Linux program to search. Its actors are the vCPUs.
type userSystem struct {
	*explore.Machine
	world *userWorld
}

// system makes a system to search of the run as it is now, which the system
// owns from then on. Its snapshots are of no use to another one.
func (w *userWorld) system() explore.System { return w.systemWith(w.Close) }

func (w *userWorld) systemWith(closing func()) explore.System {
	w.Machine.Quiet = true
	return &userSystem{explore.NewMachine(w.Machine, explore.MachineConfig{
		Observe: w.observe, Properties: w.checks, Close: closing,
	}), w}
}

// Place is where a vCPU stands; a run that is over has no steps.
func (s *userSystem) Place(actor int) (uint64, bool) {
	if !s.world.able(actor) {
		return 0, false
	}
	return s.Machine.Place(actor)
}

// Step runs a vCPU's next step. One that finds it has to wait has put its
// thread to sleep, which is a change.
func (s *userSystem) Step(actor int) *explore.Step {
	st := s.Machine.Step(actor)
	st.Blocked = false
	return st
}

// compareWith finds the ends without probes: by a search, unless there is one
// vCPU.
func (w *userWorld) compareWith(ctx context.Context, b *baseline) error {
	if len(w.Machine.CPUs) == 1 {
		return b.makeOne(ctx)
	}
	r, err := explore.Search(ctx, func() (explore.System, error) { return w.systemWith(func() {}), nil }, explore.Options{
		Bounds: explore.Bounds{States: MaxBaseline},
		AtEnd:  func(explore.System) { b.ends = append(b.ends, w.Machine.Snapshot()) },
	})
	if err != nil {
		return err
	}
	if !r.Exhausted || r.Found != nil {
		return fmt.Errorf("the ends without probes are too many to know: %v", r.Verdict())
	}
	return nil
}
