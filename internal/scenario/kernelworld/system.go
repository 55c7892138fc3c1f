package kernelworld

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/kprobes/props"
)

// Property makes a built-in property (S4). Deadlock of several vCPUs is seen
// by the run itself.
func (w *World) Property(p format.Property) explore.Property {
	g := w.Probes
	switch p.Name {
	case props.NoMissedProbe:
		return props.NewMissed(g)
	case props.NoLostRearm:
		return props.NewRearm(g)
	case props.NoDeadlock:
		return props.NewSelfDeadlock(g)
	case props.NoLivelock:
		return props.NewLivelock(g)
	case props.NoUnhandledTrap:
		return props.NewUnhandled(g)
	case props.OnePreOnePost:
		return props.NewPrePost(g)
	case props.NoDoubleUnlock:
		return props.NewUnlock()
	case props.NoScheduleInTrap:
		return props.NewSchedule()
	case format.ResultsProperty:
		return &results{w}
	}
	return nil
}

// System implements world.Steps.
func (w *World) System(c explore.MachineConfig) explore.System {
	c.Locks, c.Stacks, c.Equal = props.Locks(w.Probes), w.stackList(), w.equal()
	if w.Grain == explore.WholeLines {
		c.InOneLine = w.Kernel.InOneLine
	}
	return explore.NewMachine(w.Machine, c)
}

// stackList are the stacks of the tasks: the kernel's and, in ring 3, their own.
func (w *World) stackList() []explore.Stack {
	list := props.Stacks(w.Probes)
	for cpu, s := range w.stacks {
		if s.High > s.Low {
			list = append(list, explore.Stack{CPU: cpu, Low: s.Low, High: s.High})
		}
	}
	return list
}

// equal says what is each vCPU's own. An interrupt is a certain vCPU's, and a
// task's line in the trace is too.
func (w *World) equal() *explore.Equal {
	if len(w.File.Interrupts) > 0 || w.Events != nil {
		return nil
	}
	var more [][]emu.Area
	if n := len(w.Machine.CPUs); slices.IndexFunc(w.stacks[:n], func(s props.Range) bool { return s.High == s.Low }) < 0 {
		var own []emu.Area
		for _, s := range w.stacks[:n] {
			own = append(own, emu.Area(s))
		}
		more = append(more, own)
	}
	return props.Equal(w.Probes, more)
}

// OneWorker: snapshots of the event files are of no use to another machine.
func (w *World) OneWorker() bool { return w.HasEvents() }
