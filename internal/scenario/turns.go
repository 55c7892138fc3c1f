package scenario

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
	"trapline/internal/sched"
	"trapline/internal/x86"
)

// turns watches a run whose schedule repeats a turn for ever, until a turn
// leads back to the state in which it began.
type turns struct {
	run     *Run
	writers map[place]writer
	began   map[uint64]struct{} // states in which a turn began
	turn    turn
}

// place is a byte of memory as an address space has it.
type place struct {
	space *emu.Space
	addr  uint64
}

// writer is the instruction that gave a byte its value.
type writer struct {
	cpu int
	pc  uint64
}

// turn is what was seen since a turn began.
type turn struct {
	cpus    [emu.MaxCPUs]cpuTurn
	changed map[place]bool
}

// cpuTurn is a vCPU's part of it.
type cpuTurn struct {
	steps     int
	own       bool   // it ran the scenario's own code, of which alone the rest tells
	low, high uint64 // instructions
	copied    bool   // as yet it ran copies of them alone
	reads     []read
}

type read struct {
	place
	size uint8
}

// watchTurns is for a schedule with a turn, else nil.
func (r *Run) watchTurns(s *sched.Replay) *turns {
	if s == nil || s.Schedule.Turn().Steps() == 0 {
		return nil
	}
	return &turns{run: r, writers: map[place]writer{}, began: map[uint64]struct{}{}}
}

// begin is called before a turn. It reports whether the last one led back to
// where it began, which it makes a violation. A turn that leaves out a vCPU
// which could go on is none of the vCPUs' fault.
func (t *turns) begin() (bool, error) {
	r := t.run
	turn := r.state.turn
	r.state.turn = 0 // who had the last step is the schedule's
	h := r.loopHash()
	r.state.turn = turn
	if _, again := t.began[h]; again {
		for _, actor := range r.runnable(true) {
			if actor >= len(r.Machine.CPUs) || t.turn.cpus[actor].steps == 0 {
				return false, fmt.Errorf("%w: its turn comes back to a state without a step of %s, which could go on", ErrSchedule, r.ActorName(actor))
			}
		}
		r.violate(&explore.Violation{Property: props.NoLivelock, Actor: -1, What: t.text()})
		return true, nil
	}
	t.began[h] = struct{}{}
	t.turn = turnFrom()
	return false, nil
}

func turnFrom() turn { return turn{changed: map[place]bool{}} }

// see notes what a step read and wrote, in the address space that it ran in.
func (t *turns) see(ev *emu.Event, space *emu.Space) {
	c := &t.turn.cpus[ev.CPU]
	c.steps++
	copied := t.run.isCopy(ev.PC)
	own := copied || t.run.world.Owns(ev.PC)
	if c.steps == 1 || own && !c.own {
		c.own, c.low, c.high, c.reads = own, ev.PC, ev.PC, nil
		c.copied = copied
	}
	switch {
	case own != c.own || copied && !c.copied:
	case c.copied && !copied: // what is named is the code itself, if it runs
		c.low, c.high, c.copied = ev.PC, ev.PC, false
	default:
		c.low, c.high = min(c.low, ev.PC), max(c.high, ev.PC)
	}
	for i := range ev.Writes {
		w := &ev.Writes[i]
		for k := range uint64(w.Size) {
			if (w.Old^w.New)>>(8*k)&0xff == 0 {
				continue
			}
			at := place{space, w.Addr + k}
			t.writers[at] = writer{ev.CPU, ev.PC}
			if t.turn.changed != nil {
				t.turn.changed[at] = true
			}
		}
	}
	if ev.Kind != emu.StepInstruction || own != c.own {
		return
	}
	sp, popped := ev.Before.GPR[x86.RSP], ev.After.GPR[x86.RSP]
	for i := range ev.Reads {
		x := read{place{space, ev.Reads[i].Addr}, ev.Reads[i].Size}
		if x.addr >= sp && x.addr < popped || slices.Contains(c.reads, x) || len(c.reads) == maxReads {
			continue
		}
		c.reads = append(c.reads, x)
	}
}

// isCopy reports whether an instruction is a probed one's copy, which does that
// one's work elsewhere.
func (r *Run) isCopy(pc uint64) bool { return !r.world.Owns(pc) && !r.world.InKernelText(pc) }

// maxReads bounds the reads that are remembered of a vCPU's turn.
const maxReads = 64

// text tells who waits for what.
func (t *turns) text() string {
	var parts []string
	for cpu := range t.run.Machine.CPUs {
		if c := &t.turn.cpus[cpu]; c.steps > 0 {
			parts = append(parts, t.about(cpu, c))
		}
	}
	return "this never ends: " + strings.Join(parts, "; ")
}

func (t *turns) about(cpu int, c *cpuTurn) string {
	r := t.run
	if r.state.spinning[cpu] {
		return r.waitsText(cpu)
	}
	s := fmt.Sprintf("cpu%d goes round from %s", cpu, r.names.Addr(c.low))
	if c.high != c.low {
		s += " to " + r.names.Addr(c.high)
	}
	told := 0
	for _, x := range c.reads {
		if told == maxTold || t.changes(x) {
			continue
		}
		s += map[bool]string{true: " while ", false: " and "}[told == 0] + t.value(cpu, x)
		told++
	}
	return s
}

// maxTold is how many values are told of a vCPU that goes round.
const maxTold = 3

// changes reports whether the turn itself changes a value.
func (t *turns) changes(x read) bool {
	for k := range uint64(x.size) {
		if t.turn.changed[place{x.space, x.addr + k}] {
			return true
		}
	}
	return false
}

// value tells what is read over and over, and whose it is.
func (t *turns) value(cpu int, x read) string {
	var b [8]byte
	x.space.Peek(x.addr, b[:x.size])
	v := uint64(0)
	for i, y := range b {
		v |= uint64(y) << (8 * i)
	}
	s := fmt.Sprintf("%s is %#x", t.run.names.Addr(x.addr), v)
	for k := range uint64(x.size) {
		if w, ok := t.writers[place{x.space, x.addr + k}]; ok {
			who := fmt.Sprintf("cpu%d", w.cpu)
			if w.cpu == cpu {
				who = "itself"
			}
			return fmt.Sprintf("%s, written last by %s at %s", s, who, t.run.names.Addr(w.pc))
		}
	}
	return s + ", which nobody has written"
}

// waitsText tells what a vCPU that spins waits for, and who holds it.
func (r *Run) waitsText(cpu int) string {
	w := r.state.waits[cpu]
	s := fmt.Sprintf("cpu%d waits for %s at %s", cpu, w.lock, r.names.Addr(r.Machine.CPUs[cpu].LinearPC()))
	switch o := r.world.Holder(w.lock); {
	case o == cpu:
		s += ", which it holds itself"
	case o >= 0:
		s += fmt.Sprintf(", which cpu%d holds", o)
	}
	return s
}
