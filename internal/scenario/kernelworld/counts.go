package kernelworld

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/events/tracedir"
	"trapline/internal/kprobes"
	"trapline/internal/scenario/world"
	"trapline/internal/x86"
)

// Count implements world.Probed.
func (w *World) Count(d emu.Door, name string, c world.Count) (uint64, bool) {
	i, ok := w.Probes.Find(name)
	if !ok {
		return 0, false
	}
	if c == world.CountArmed {
		return emu.B2U(w.armed(d, i)), true
	}
	n := uint64(0)
	if c == world.CountMissed {
		n = w.Probes.Read(d, i, kprobes.Nmissed)
	}
	return n + w.Probes.Read(d, i, [...]kprobes.Count{
		world.CountHits: kprobes.Hits, world.CountPosts: kprobes.Posts, world.CountFaults: kprobes.Faults, world.CountMissed: kprobes.Missed,
	}[c]), true
}

// armed reports whether probe i's breakpoint is in memory.
func (w *World) armed(d emu.Door, i int) bool {
	v, ok := d.Word(0, w.Probes.Probes()[i].Addr, 1)
	return ok && v == x86.Int3 && w.Probes.Read(d, i, kprobes.Registered) != 0
}

// Missed implements world.Probed.
func (w *World) Missed() uint64 {
	var n uint64
	for i := range w.Probes.Probes() {
		n += allMissed(w.Probes.Stats(i))
	}
	return n
}

// allMissed are the executions that no handler saw: those without a hit, and
// those that the kernel itself counts as missed.
func allMissed(s kprobes.Stats) uint64 { return s.Missed + s.Nmissed }

// Ends implements world.Probed.
func (w *World) Ends() []world.ProbeEnd {
	var list []world.ProbeEnd
	for i, p := range w.Probes.Probes() {
		s := w.Probes.Stats(i)
		state := "armed"
		switch {
		case w.Describe().None():
			state = "unused"
		case !s.Registered:
			state = "not registered"
		case s.Lost:
			state = "lost"
		case !w.armed(w.Machine.Look(), i):
			state = "disarmed"
		}
		list = append(list, world.ProbeEnd{
			Name: p.Name, At: w.Names.Addr(p.Addr), State: state, Hits: s.Hits, Posts: s.Posts, Faults: s.Faults, Missed: allMissed(s),
			Reentrant: s.Reentrant, Addr: p.Addr,
		})
	}
	return list
}

// Breakpoint tells the story which probe's int3 is at addr.
func (w *World) Breakpoint(addr uint64) (string, []byte, bool) {
	op, ok := w.original[addr]
	if !ok {
		return "", nil, false
	}
	for i, p := range w.Probes.Probes() {
		if p.Addr == addr && w.Probes.Stats(i).Registered {
			code := w.originalCode(w.Machine.Look(), addr, op)
			return p.Name, code[:world.InstructionLen(code, insn.ModeOf(w.Machine.Arch))], true
		}
	}
	return "", nil, false
}

// Holder implements world.Judged.
func (w *World) Holder(name string) int {
	for _, l := range w.Probes.Locks() {
		if l.Name != name {
			continue
		}
		word, err := world.Shows(w, 0).Memory(l.Addr, 0)
		if err == nil {
			return l.Owner(word)
		}
	}
	return -1
}

// ProbeLine implements world.Shown.
func (*World) ProbeLine(p world.ProbeEnd) string {
	return fmt.Sprintf("%-12s at %-16s %-9s hits %d, ended %d, faults %d, missed %d, inside a hit %d",
		p.Name, p.At, p.State, p.Hits, p.Posts, p.Faults, p.Missed, p.Reentrant)
}

// HasEvents implements world.Probed.
func (w *World) HasEvents() bool { return w.Events != nil }

// EventLines implements world.Probed.
func (w *World) EventLines() []string {
	if w.Events == nil {
		return nil
	}
	return w.Events.Array().EntryLines()
}

// EventRecords implements world.Probed.
func (w *World) EventRecords() []tracedir.Record {
	if w.Events == nil {
		return nil
	}
	return w.Events.Records()
}

// HashCounts implements world.Probed.
func (w *World) HashCounts(h kprobes.Hashed) {
	w.Probes.HashCounts(h)
	if w.Events != nil {
		w.Events.LeaveOutCounts(h != kprobes.AllCounts)
	}
}
