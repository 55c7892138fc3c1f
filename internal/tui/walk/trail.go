package walk

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Phase is where a vCPU, or a program's thread, is in the life of a hit.
type Phase = engines.Phase

// Phases, in the order of a hit.
const (
	Away       = engines.Away
	Trapped    = engines.Trapped
	HitActive  = engines.HitActive
	HitSS      = engines.HitSS
	HitSSDone  = engines.HitSSDone
	Reenter    = engines.Reenter
	Preparing  = engines.Preparing
	Emulating  = engines.Emulating
	Waiting    = engines.Waiting
	Faulted    = engines.Faulted
	Trampoline = engines.Trampoline
)

// MaxEvents bounds the trace events remembered for the trace panel.
const MaxEvents = 256

// MaxFrames bounds the trap frames remembered for each vCPU.
const MaxFrames = 32

// frame is a trap frame that is still on a vCPU's stack.
type frame struct {
	regs, end uint64 // struct pt_regs, first address behind what was pushed
	vector    x86.Vector
}

// trail is what the panels know of the past beside the machine's state: a part
// of the machine, so that it comes back with every checkpoint.
type trail struct {
	w *Walk
	trailState
	missed bool // by the last step
	moved  bool // a slot was taken or given back by it
}

type trailState struct {
	phase  [emu.MaxCPUs]Phase
	outer  [emu.MaxCPUs]Phase // phase to return to after Reenter
	frames [emu.MaxCPUs][]frame
	misses uint64
	// hitting is the probed address of the hit under way; waits the lock that
	// the vCPU's last step could not get.
	hitting [emu.MaxCPUs]uint64
	waits   [emu.MaxCPUs]string
	// events are the last trace events that fired, at most MaxEvents.
	events []string
	fired  uint64 // events in all
	slots  uint64 // a sum of who has which slot of a Linux program
	// signals are the signal frames of a Linux program, at most MaxFrames;
	// never changed in place.
	signals []signalFrame
}

// Save implements emu.Part.
func (t *trail) Save() any {
	s := t.trailState
	for i, l := range s.frames {
		s.frames[i] = append([]frame(nil), l...)
	}
	s.events = s.events[:len(s.events):len(s.events)] // so that nothing is appended to it
	return s
}

// Restore implements emu.Part.
func (t *trail) Restore(v any) {
	t.trailState = v.(trailState)
	for i, l := range t.frames {
		t.frames[i] = append([]frame(nil), l...)
	}
}

// Hash implements emu.Part: nothing here decides how the machine goes on.
func (t *trail) Hash(*emu.Hasher) {}

func (t *trail) observe(ev *emu.Event) {
	t.w.world.observe(ev)
	t.waits[ev.CPU] = ""
	if ev.Kind == emu.StepSpin && ev.Micro != nil {
		t.waits[ev.CPU] = ev.Micro.Holds
	}
	for _, n := range ev.Notes {
		switch n.Kind {
		case noteHit:
			t.hitting[ev.CPU] = n.Addr
		case tracekprobe.NoteEvent:
			t.fired++
			t.events = append(t.events, fmt.Sprintf("cpu%d %s", ev.CPU, n.Text))
			t.events = t.events[max(0, len(t.events)-MaxEvents):]
		}
	}
	n := t.w.Run.Missed()
	t.missed = n > t.misses
	t.misses = n
}

// frameWord names an address inside a trap frame: the field of pt_regs and the
// vector of its trap.
func (t *trail) frameWord(cpu int, addr uint64) (name string, vector x86.Vector, ok bool) {
	arch := t.w.Run.Machine.Arch
	for i := len(t.frames[cpu]) - 1; i >= 0; i-- {
		f := t.frames[cpu][i]
		if name, ok := traps.PtRegsName(arch, addr-f.regs); ok && addr < f.end {
			return name, f.vector, true
		}
	}
	return "", 0, false
}
