package scenario

import (
	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/linux"
)

// userSystem is a Linux program to search. Its actors are the vCPUs and their
// store buffers.
type userSystem struct {
	*explore.Machine
	world *ProgramRun
}

// system makes a system to search of the run as it is now, which the system
// owns from then on. Its snapshots are of no use to another one.
func (w *ProgramRun) system() explore.System {
	w.Machine.Quiet = true
	w.hashCounts(w.deciding())
	return &userSystem{explore.NewMachine(w.Machine, explore.MachineConfig{
		Observe: w.observe, Properties: w.checks, Close: w.Close,
	}), w}
}

// oneWorker: another worker comes to a state by the same steps (KeepsSnapshots).
func (*ProgramRun) oneWorker() bool { return false }

// placeName: all work of the kernel has one place, which is no address.
func (w *ProgramRun) placeName(at uint64) string {
	if at == linux.WorkPlace {
		return "a step of the kernel's work"
	}
	return w.names.Addr(at)
}

// A program's kernel is no text, nor steps in place of it.

func (*ProgramRun) hiddenByMicroSteps() string { return "" }

func (*ProgramRun) setDirect(bool) error { return nil }

func (*ProgramRun) inKernelStack(uint64) bool { return false }

func (*ProgramRun) microStep(int) string { return "" }

// MemoryOrder implements explore.Ordered.
func (s *userSystem) MemoryOrder(loc uint64) emu.Order {
	return s.world.kernel.MemoryOrder(emu.Loc(loc))
}

// KeepsSnapshots: the kernel's objects are of one machine.
func (*userSystem) KeepsSnapshots() bool { return true }

// Place is where a vCPU stands; a run that is over has no steps.
func (s *userSystem) Place(actor int) (uint64, bool) {
	if actor < len(s.world.Machine.CPUs) && !s.world.able(actor) {
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
