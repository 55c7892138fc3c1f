package programworld

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/linux"
	"trapline/internal/linux/abi"
)

// Property makes a built-in property of a Linux program (S4).
func (w *World) Property(p format.Property) explore.Property {
	atEnd := func(what func() string) explore.Property { return &endProperty{p.Name, what} }
	switch p.Name {
	case props.NoMissedProbe:
		return &userMissed{world: w}
	case props.NoLivelock:
		x := &userLivelock{world: w, cpu: make([]trapping, len(w.Machine.CPUs))}
		w.Machine.AddPart(x)
		return x
	case props.NoDeadlock:
		return atEnd(w.deadlocked)
	case props.NoUnhandledTrap:
		return atEnd(w.killed)
	case format.ExitProperty:
		return atEnd(func() string { return w.exitDiffers(p.Exit) })
	case format.OutputProperty:
		return atEnd(func() string { return w.outputDiffers(*p.Output) })
	}
	return nil
}

// endProperty is judged at the end by a sentence, "" if all is well.
type endProperty struct {
	name string
	what func() string
}

func (p *endProperty) Name() string                       { return p.name }
func (p *endProperty) Step(*emu.Event) *explore.Violation { return nil }

func (p *endProperty) End() *explore.Violation {
	if s := p.what(); s != "" {
		return &explore.Violation{Property: p.name, What: s}
	}
	return nil
}

func (w *World) deadlocked() string {
	if w.Kernel.Result().Bound == linux.BoundDeadlock {
		return everyoneWaits + ": " + strings.Join(w.Kernel.Waiting(), ", ")
	}
	return ""
}

func (w *World) killed() string {
	if r := w.Kernel.Result(); r.Signal != 0 {
		return "the program was " + r.String()
	}
	return ""
}

func (w *World) exitDiffers(want *format.Exit) string {
	r := w.Kernel.Result()
	got := format.Exit{Status: r.Code}
	if r.Signal != 0 {
		got = format.Exit{Signal: abi.SignalName(r.Signal)}
	}
	if r.Bound != linux.NoBound {
		how, _ := w.Ending()
		return fmt.Sprintf("%s; expected %v", how, want)
	}
	if got != *want {
		return fmt.Sprintf("%v; expected %v", &got, want)
	}
	return ""
}

func (w *World) outputDiffers(want string) string {
	if got := w.Output(); got != want {
		return fmt.Sprintf("the output is %s; expected %s", strconv.Quote(got), strconv.Quote(want))
	}
	return ""
}

// userMissed is no-missed-probe: a thread whose process has a uprobe runs the
// probed instruction only in a hit.
type userMissed struct{ world *World }

func (*userMissed) Name() string            { return props.NoMissedProbe }
func (*userMissed) End() *explore.Violation { return nil }

// Step looks at the note that observe has made.
func (p *userMissed) Step(ev *emu.Event) *explore.Violation {
	for i := range ev.Notes {
		if n := &ev.Notes[i]; n.Kind == kprobes.NoteUnhit {
			w := p.world
			return &explore.Violation{Property: p.Name(), ID: n.ID, What: fmt.Sprintf("cpu%d: %s, at %s (%s)", ev.CPU, n.Text, w.Names.Addr(n.Addr), w.namesAt(n.Addr))}
		}
	}
	return nil
}

// trapping counts the traps of the instruction that a vCPU is at.
type trapping struct{ pc, n uint64 }

// userLivelock is no-livelock: an instruction that traps again and again while
// no instruction completes.
type userLivelock struct {
	world *World
	cpu   []trapping
}

func (*userLivelock) Name() string            { return props.NoLivelock }
func (*userLivelock) End() *explore.Violation { return nil }

// Step counts deliveries, and forgets them when an instruction completes.
func (p *userLivelock) Step(ev *emu.Event) *explore.Violation {
	c := &p.cpu[ev.CPU]
	switch {
	case ev.Kind == emu.StepInstruction, ev.Micro != nil && ev.Micro.Work == emu.WorkEmulate:
		*c = trapping{} // ran, or was emulated
	case ev.Kind == emu.StepDelivery && c.pc != ev.PC:
		*c = trapping{ev.PC, 1}
	case ev.Kind == emu.StepDelivery:
		if c.n++; c.n == props.LivelockTraps {
			return &explore.Violation{Property: p.Name(), What: fmt.Sprintf("the instruction at %s trapped %d times on cpu%d and was never completed",
				p.world.Names.Addr(ev.PC), props.LivelockTraps, ev.CPU)}
		}
	}
	return nil
}

// Save implements emu.Part.
func (p *userLivelock) Save() any { return slices.Clone(p.cpu) }

// Restore implements emu.Part.
func (p *userLivelock) Restore(v any) { copy(p.cpu, v.([]trapping)) }

// Hash implements emu.Part.
func (p *userLivelock) Hash(h *emu.Hasher) {
	for _, c := range p.cpu {
		h.Uint64(c.pc)
		h.Uint64(c.n)
	}
}
