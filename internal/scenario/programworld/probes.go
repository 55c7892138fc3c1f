package programworld

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
	"trapline/internal/scenario/world"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/traceuprobe"
	"trapline/internal/x86"
)

// userProbe is a uprobe of the scenario: an event's, or one with actions.
type userProbe struct {
	name    string
	addr    uint64 // where the program has the instruction
	returns bool
	refused events.Errno
	def     *tracefs.Probe // nil: with actions
	place   uprobes.Place
	only    int // the process that it wants; 0: every one

	userCounts
}

// wants is the consumer's filter (U3).
func (p *userProbe) wants(pid int) bool { return p.only == 0 || p.only == pid }

// userCounts are what changes of a userProbe.
type userCounts struct {
	hits, missed uint64
	removed      map[int]bool // processes from which handlers took the breakpoint
}

func (c userCounts) clone() userCounts {
	c.removed = maps.Clone(c.removed)
	return c
}

// defineProbes registers the uprobes that have actions.
func (b *builder) defineProbes() error {
	w := b.world
	file, errno := w.events.File(b.file.Linux.Path)
	if errno != 0 {
		return fmt.Errorf("%s: %w", b.file.Linux.Path, errno)
	}
	w.programFile = file.ID
	if w.WithoutProbes || w.Describe().None() {
		return nil
	}
	for i := range b.file.Probes {
		p := &b.file.Probes[i]
		addr, err := world.EvalAt(b.file, p.At, w.Symbols)
		if err != nil {
			return err
		}
		offset, ok := w.image.OffsetOfAddr(addr)
		if !ok {
			return p.At.Pos.Error(b.file.Name, "an address of the program's code", "probe %s: %#x is not in the program's file", p.Name, addr)
		}
		u := &userProbe{name: p.Name, addr: addr, place: uprobes.Place{File: file.ID, Offset: offset}, only: p.FilterPID}
		c, err := b.consumer(u, p)
		if err != nil {
			return err
		}
		u.returns = c.Return != nil
		u.refused = w.uprobes.Register(u.place, file.Size, c)
		w.probes = append(w.probes, u)
	}
	return nil
}

// consumer makes what is called at a probe's hits.
func (b *builder) consumer(u *userProbe, p *format.Probe) (*uprobes.Consumer, error) {
	for _, list := range p.Handlers {
		for _, a := range list {
			for _, x := range a.Args {
				if err := b.world.CheckSymbols(x); err != nil {
					return nil, err
				}
			}
		}
	}
	w := b.world
	wants := func(mm *mm.MM) bool { return u.wants(w.pidOf(mm)) }
	at := world.HandlerAt{Probe: p.Name, Kind: "pre"}
	inGo := w.Handlers[at]
	pre, _ := p.Handler("pre")
	c := &uprobes.Consumer{Filter: wants, Handler: func(h *uprobes.Hit) bool {
		// A thread that trapped before another's handler took the breakpoint out is a hit all the same (handler_chain()).
		if pid := h.Thread.Process().PID; u.only != 0 && u.only != pid {
			return true
		}
		u.hits++
		x := w.hit(at, h)
		x.Handle(inGo, pre)
		return x.Removes
	}, Removed: func(h *uprobes.Hit) {
		if pid := h.Thread.Process().PID; u.wants(pid) {
			u.removed = maps.Clone(u.removed)
			if u.removed == nil {
				u.removed = map[int]bool{}
			}
			u.removed[pid] = true
		}
	}}
	c.Return = b.onReturn(p, wants)
	return c, nil
}

// onReturn makes what is called when a probed function returns; nil: nothing is.
func (b *builder) onReturn(p *format.Probe, wants func(*mm.MM) bool) func(*uprobes.Hit) {
	w, at := b.world, world.HandlerAt{Probe: p.Name, Kind: "ret"}
	inGo := w.Handlers[at]
	ret, ok := p.Handler("ret")
	if !ok && inGo == nil {
		return nil
	}
	return func(h *uprobes.Hit) {
		if wants(h.Thread.Process().MM()) {
			w.hit(at, h).Handle(inGo, ret)
		}
	}
}

// hit makes what a handler works on.
func (w *World) hit(at world.HandlerAt, h *uprobes.Hit) *world.Hit {
	return world.NewHit(w, at, world.Code{
		Who: fmt.Sprintf("%s %s in thread %d", at.Probe, at.Kind, h.Thread.TID), CPU: h.Thread.CPU(), Door: w.Machine.Door(), Addr: h.Addr,
		Regs: coreRegisters{h.Thread.Core()}, Read: h.Thread.Process().MM().Read,
		Poke: func(addr uint64, size int, v uint64) bool {
			var b [8]byte
			for i := range size {
				b[i] = byte(v >> (8 * i))
			}
			return h.Thread.Process().MM().Write(addr, b[:size])
		},
	})
}

// Act carries out the action remove.
func (w *World) Act(h *world.Hit, a *format.Action) {
	if a.Kind == "remove" {
		h.Removes = true
	}
}

// pidOf is the process that has an address space; 0: none.
func (w *World) pidOf(mm *mm.MM) int {
	for _, p := range linux.KernelOf(mm).Processes() {
		if p.MM() == mm {
			return p.PID
		}
	}
	return 0
}

// Observe notes what a step means for the probes: hits, entries of the trace,
// and executions of a probed instruction that no hit preceded.
func (w *World) Observe(ev *emu.Event) {
	t := w.Kernel.Current(ev.CPU)
	w.followStack(t)
	switch {
	case t == nil:
	case ev.Delivery != nil && ev.Delivery.Trap.Vector == x86.VecBP && w.probed(ev.PC):
		w.user.hitAt[t.TID] = ev.PC
	case ev.Kind == emu.StepInstruction:
		inPlace := w.user.hitAt[t.TID] == ev.PC && w.Describe().InPlace
		delete(w.user.hitAt, t.TID)
		if !inPlace && w.probed(ev.PC) && w.uprobes.Due(t.Process().MM(), ev.PC) {
			w.miss(ev, t)
		}
	}
	if ev.Micro != nil && ev.Micro.Work == emu.WorkHandler && t != nil {
		w.noteHit(ev, t)
	}
	for _, e := range w.events.Array().After(w.user.told) {
		if e.Event != nil {
			w.Machine.Note(emu.Note{Kind: tracekprobe.NoteEvent, Text: traceuprobe.Line(e)})
		}
	}
	w.user.told = w.events.Array().Sequence()
}

// noteHit puts the hit before what its handlers did.
func (w *World) noteHit(ev *emu.Event, t *linux.Thread) {
	var names []string
	addr := w.user.hitAt[t.TID]
	for _, p := range w.probes {
		if p.addr == addr && p.wants(t.Process().PID) {
			names = append(names, p.name)
		}
	}
	note := emu.Note{Kind: kprobes.NoteHit, ID: "U3", Text: strings.Join(names, ", "), Addr: addr}
	if names == nil {
		note = emu.Note{Kind: linux.NoteKernel, ID: "U3", Text: fmt.Sprintf("nobody wants process %d to be probed here: the breakpoint goes", t.Process().PID)}
	}
	ev.Notes = slices.Insert(ev.Notes, 0, note)
}

func (w *World) miss(ev *emu.Event, t *linux.Thread) {
	for _, p := range w.probes {
		if p.addr == ev.PC && p.wants(t.Process().PID) && !p.removed[t.Process().PID] {
			p.missed++
			w.Machine.Door().Touch(w.cells.Loc(valueMissed), emu.Adds)
		}
	}
	row := ""
	if w.Describe().InPlace {
		row = "K11"
	}
	w.Machine.Note(emu.Note{Kind: kprobes.NoteUnhit, ID: row, Text: "thread " + strconv.Itoa(t.TID) + " runs the probed instruction without a hit", Addr: ev.PC})
}

// namesAt lists the probes at an address.
func (w *World) namesAt(addr uint64) string {
	var names []string
	for _, p := range w.probes {
		if p.addr == addr {
			names = append(names, p.name)
		}
	}
	return strings.Join(names, ", ")
}

func (w *World) probed(pc uint64) bool {
	for _, p := range w.probes {
		if p.addr == pc && p.refused == 0 {
			return true
		}
	}
	return false
}

// Count adds up the probes of a name: an event may have several.
func (w *World) Count(d emu.Door, name string, c world.Count) (uint64, bool) {
	var n uint64
	known := false
	w.Kernel.Read(d)
	for _, p := range w.probes {
		if p.name != name {
			continue
		}
		known = true
		switch c {
		case world.CountHits:
			n += w.hitsOf(p)
		case world.CountMissed:
			d.Touch(w.cells.Loc(valueMissed), emu.Reads)
			n += p.missed
		case world.CountArmed:
			n |= emu.B2U(w.stateOf(p) == stateArmed && w.breakpointAt(d, p.addr))
		}
	}
	return n, known
}

// valueMissed is every probe's count of misses.
const valueMissed = 0

// breakpointAt reports whether there is an int3 at an address, as the thread on
// vCPU 0 or else the first process sees it.
func (w *World) breakpointAt(d emu.Door, addr uint64) bool {
	var b [1]byte
	return w.Peek(d, 0, addr, b[:]) == 1 && b[0] == x86.Int3
}

func (w *World) hitsOf(p *userProbe) uint64 {
	if p.def != nil {
		return w.events.Counts(p.def).Hits
	}
	return p.hits
}

// instruction is what stands at a probe; nil: nothing is mapped, or refused.
func (w *World) instruction(p *userProbe) *uprobes.Instruction {
	if p.def != nil {
		return w.events.Instruction(p.def)
	}
	return w.uprobes.Instruction(p.place)
}

func (w *World) stateOf(p *userProbe) string {
	switch {
	case p.refused != 0:
		return "refused"
	case p.def != nil && !p.def.Registered:
		return "disabled"
	case w.instruction(p) == nil:
		return "not mapped"
	case len(p.removed) > 0:
		return "removed"
	}
	return stateArmed
}

// stateArmed is world.ProbeEnd.State of a probe whose breakpoint is in place.
const stateArmed = "armed"

// Missed implements world.Probed.
func (w *World) Missed() uint64 {
	var n uint64
	for _, p := range w.probes {
		n += p.missed
	}
	return n
}

// Ends implements world.Probed.
func (w *World) Ends() []world.ProbeEnd {
	var list []world.ProbeEnd
	for _, p := range w.probes {
		at := w.Names.Addr(p.addr)
		if p.returns {
			at += "%return"
		}
		list = append(list, world.ProbeEnd{Name: p.name, At: at, State: w.stateOf(p), Hits: w.hitsOf(p), Missed: p.missed, Errno: int(p.refused), Addr: p.addr})
	}
	return list
}

// ProbeLine implements world.Shown.
func (*World) ProbeLine(p world.ProbeEnd) string {
	line := fmt.Sprintf("%-12s at %-16s %-9s hits %d, missed %d", p.Name, p.At, p.State, p.Hits, p.Missed)
	if p.Errno != 0 {
		line += fmt.Sprintf(", errno %d", p.Errno)
	}
	return line
}

// Breakpoint tells the story which probe's int3 is at addr.
func (w *World) Breakpoint(addr uint64) (string, []byte, bool) {
	for _, p := range w.probes {
		if p.addr != addr {
			continue
		}
		if i := w.instruction(p); i != nil {
			return w.namesAt(addr), i.Original[:max(i.Len, 1)], true
		}
	}
	return "", nil, false
}

// HashCounts implements world.Probed.
func (w *World) HashCounts(h kprobes.Hashed) {
	w.countsOut = h != kprobes.AllCounts
	w.events.LeaveOutTrace(w.countsOut)
}
