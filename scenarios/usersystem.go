package scenarios

import (
	"context"
	"fmt"

	"trapline/emu"
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
		Observe: w.observe, Properties: w.checks, Values: userValues{w}, Close: closing,
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

// userValues are what vCPUs share beside memory: the kernel's own state. Every
// step of the kernel's work may change it. Work that may reach other threads
// or their memory, such as a system call's, is dependent on every instruction
// too.
type userValues struct{ world *userWorld }

// Numbers of the values.
const (
	valueKernel   = iota // what only the kernel reads
	valueEveryone        // what may decide how any thread goes on
)

// Touched implements explore.Values.
func (v userValues) Touched(ev *emu.Event, touch func(n uint64, write bool)) {
	kernel := false
	v.world.kernel.Touched(ev, func(_ uint64, write bool) { kernel = kernel || write })
	if !kernel {
		touch(valueEveryone, false)
		return
	}
	touch(valueKernel, true)
	touch(valueEveryone, !ofOneThread(ev))
}

// ofOneThread reports whether the kernel's work concerns one thread, and memory
// that the event names: the traps and micro-steps of a hit.
func ofOneThread(ev *emu.Event) bool {
	if d := ev.Delivery; d != nil {
		return d.Trap.Vector == emu.VecBP || d.Trap.Vector == emu.VecDB
	}
	if ev.Micro == nil {
		return false
	}
	switch ev.Micro.In {
	case "uprobe_notify_resume", "handle_swbp", "pre_ssout", "handle_singlestep", "handler_chain", "kprobe_handler", "post_kprobe_handler":
		return true
	}
	return false
}

// compareWith finds the ends without probes: by a search, unless there is one
// vCPU.
func (w *userWorld) compareWith(ctx context.Context, b *baseline) error {
	if len(w.Machine.CPUs) == 1 {
		return b.makeOne(ctx)
	}
	r, err := explore.Search(ctx, func() (explore.System, error) { return w.systemWith(func() {}), nil }, explore.Options{
		Bounds: explore.Bounds{Preemptions: explore.Unbounded, States: MaxBaseline},
		AtEnd:  func(explore.System) { b.ends = append(b.ends, w.Machine.Snapshot()) },
	})
	if err != nil {
		return err
	}
	if !r.Exhausted || r.Found != nil {
		return fmt.Errorf("the ends without probes are too many to know: %v", r.Summary)
	}
	return nil
}
