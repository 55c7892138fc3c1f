package programworld

import (
	"trapline/internal/emu"
	"trapline/internal/explore"
)

// System is a Linux program to search. Its actors are the vCPUs and their
// store buffers.
type System struct {
	*explore.Machine
	World *World
}

// System implements world.Steps. Its snapshots are of no use to another one.
func (w *World) System(c explore.MachineConfig) explore.System {
	return &System{explore.NewMachine(w.Machine, c), w}
}

// OneWorker: another worker comes to a state by the same steps (KeepsSnapshots).
func (*World) OneWorker() bool { return false }

// MemoryOrder implements explore.Ordered.
func (s *System) MemoryOrder(loc uint64) emu.Order {
	return s.World.Kernel.MemoryOrder(emu.Loc(loc))
}

// KeepsSnapshots: the kernel's objects are of one machine.
func (*System) KeepsSnapshots() bool { return true }

// Place is where a vCPU stands; a run that is over has no steps.
func (s *System) Place(actor int) (uint64, bool) {
	if actor < len(s.World.Machine.CPUs) && !s.World.Able(actor) {
		return 0, false
	}
	return s.Machine.Place(actor)
}

// Step runs a vCPU's next step. One that finds it has to wait has put its
// thread to sleep, which is a change.
func (s *System) Step(actor int) *explore.Step {
	st := s.Machine.Step(actor)
	st.Blocked = false
	return st
}
