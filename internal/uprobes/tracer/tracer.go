// Package tracer makes events of uprobe hits: what trace_uprobe.c does between the control files
// (package tracefs), the uprobes (package uprobes) and the trace buffer.
package tracer

import (
	"errors"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracefs"
	"trapline/internal/linux"
	"trapline/internal/linux/abi"
	"trapline/internal/uprobes"
)

// DefaultEntries is how many trace entries are kept unless a Tracer is told otherwise. Further ones are counted and
// lost, as they overwrite others in the kernel's ring buffer.
const DefaultEntries = 1 << 20

// Entry is one line of the trace.
type Entry struct {
	tracefs.TraceEntry
	Probe  *tracefs.Probe
	Record fetch.Record
}

// Tracer implements tracefs.Uprobes on a uprobes.System.
type Tracer struct {
	fs      *linux.FS
	system  *uprobes.System
	max     int
	probes  map[*tracefs.Probe]*probe
	files   map[uint64]file
	entries []Entry // only grows, so that snapshots share it
	sum     uint64  // of the entries, for state hashes
	lost    int
	array   *tracearray.Array

	traceOut bool // of hashes
}

type file struct {
	id   uprobes.FileID
	size uint64
}

// probe is an event's probe and what it does in the engine.
type probe struct {
	def      *tracefs.Probe
	fetcher  *fetch.Fetcher
	consumer *uprobes.Consumer
	hits     uint64
}

// New makes a tracer that resolves paths in fs and keeps at most max entries; 0 means DefaultEntries.
func New(fs *linux.FS, system *uprobes.System, max int) *Tracer {
	if max <= 0 {
		max = DefaultEntries
	}
	t := &Tracer{fs: fs, system: system, max: max, probes: map[*tracefs.Probe]*probe{}, files: map[uint64]file{}}
	system.AddPart(t)
	return t
}

// RecordInto sends what fires from now on through a trace array, with its filters and triggers, instead of keeping it
// here.
func (t *Tracer) RecordInto(a *tracearray.Array) { t.array = a }

// Attach gives the tracer the kernel that runs the programs; nil: none does.
func (t *Tracer) Attach(k *linux.Kernel) { t.system.Attach(k) }

// Stat finds the file of a definition.
func (t *Tracer) Stat(path string) (events.File, events.Errno) {
	st, err := t.fs.Stat(path)
	if err != nil {
		var e abi.Errno
		if errors.As(err, &e) {
			return events.File{}, events.Errno(e)
		}
		return events.File{}, events.ENOENT
	}
	sys := linux.StatOf(st)
	id := sys.Ino ^ sys.Dev<<40 // inode numbers count per device
	t.files[id] = file{uprobes.FileID{Dev: sys.Dev, Ino: sys.Ino}, uint64(st.Size())}
	return events.File{ID: id, Regular: st.Mode().IsRegular()}, 0
}

// Register attaches an event's probe.
func (t *Tracer) Register(def *tracefs.Probe) events.Errno {
	p := t.probes[def]
	if p == nil {
		p = &probe{def: def, fetcher: fetch.NewFetcher(def.Program, nil)}
		t.probes[def] = p
	}
	p.consumer = &uprobes.Consumer{Handler: func(h *uprobes.Hit) bool {
		p.hits++
		if !def.Return {
			t.record(p, h)
		}
		return false
	}}
	if def.Return {
		p.consumer.Return = func(h *uprobes.Hit) { t.record(p, h) }
	}
	return t.system.Register(t.Place(def), t.files[def.File.ID].size, p.consumer)
}

// Unregister detaches it.
func (t *Tracer) Unregister(def *tracefs.Probe) {
	if p := t.probes[def]; p != nil {
		t.system.Unregister(t.Place(def), p.consumer)
	}
}

// Instruction is what stands at a probe's place; nil until a process has mapped it, or if it was refused.
func (t *Tracer) Instruction(def *tracefs.Probe) *uprobes.Instruction {
	return t.system.Instruction(t.Place(def))
}

// Place is where a probe's uprobe is.
func (t *Tracer) Place(def *tracefs.Probe) uprobes.Place {
	return uprobes.Place{File: t.files[def.File.ID].id, Offset: def.FileOffset, RefCounter: def.RefCounter}
}

// Counts are a probe's hits, also those whose record was lost.
func (t *Tracer) Counts(def *tracefs.Probe) tracefs.Counts {
	if p := t.probes[def]; p != nil {
		return tracefs.Counts{Hits: p.hits}
	}
	return tracefs.Counts{}
}

// Deleted is to be called when an event was deleted: if it was ever enabled the kernel empties the whole trace, since
// the event's number may be given to another.
func (t *Tracer) Deleted(def *tracefs.Probe) {
	if t.probes[def] != nil {
		t.Clear()
	}
	if t.array != nil && len(def.On.Probes) == 0 {
		t.array.Deleted(def.On)
	}
	delete(t.probes, def)
}

// Clear empties the trace.
func (t *Tracer) Clear() {
	t.entries, t.sum, t.lost = nil, 0, 0
	if t.array != nil {
		t.array.Clear()
	}
}

// Entries are the trace so far, in order.
func (t *Tracer) Entries() []Entry { return t.entries }

// Lost counts the entries for which there was no room.
func (t *Tracer) Lost() int { return t.lost }

func (t *Tracer) record(p *probe, h *uprobes.Hit) {
	if t.array == nil && len(t.entries) >= t.max {
		t.lost++
		return
	}
	rec, ok := p.fetcher.Fetch(task{h.Thread}, fetch.Hit{Addr: h.Addr, Return: h.Return})
	if !ok {
		return
	}
	context := tracefs.TraceEntry{
		Comm: comm(h.Thread), PID: h.Thread.TID, TGID: h.Thread.Process().PID,
		CPU: h.Thread.CPU().ID, Flags: tracefs.UprobeFlags, Time: h.Thread.Process().MM().Kernel().Now(),
	}
	if t.array != nil {
		t.array.Raise(p.def.On, tracearray.Raised{TraceEntry: context, Record: rec.Clone(), Context: uprobeContext, Stack: stackOf(p.def.Return)})
		return
	}
	t.add(Entry{TraceEntry: context, Probe: p.def, Record: rec.Clone()})
}

// AppendLine prints an entry as a line of the trace file.
func (e *Entry) AppendLine(l *fetch.Line, o tracefs.TraceOptions) {
	tracefs.AppendTraceLine(l, o, e.TraceEntry, e.Record, fetch.Names{})
}

// Text is the trace, a line per entry, without the header.
func (t *Tracer) Text(o tracefs.TraceOptions) string {
	var b strings.Builder
	var l fetch.Line
	for i := range t.entries {
		l.Reset()
		t.entries[i].AppendLine(&l, o)
		b.Write(l.Text)
	}
	if t.lost > 0 {
		fmt.Fprintf(&b, "# %d entries lost: the buffer holds %d\n", t.lost, t.max)
	}
	return b.String()
}

func comm(t *linux.Thread) string {
	const longest = 15 // TASK_COMM_LEN without the NUL
	name := t.Process().Name
	return name[:min(len(name), longest)]
}

// task is the machine at a hit, as fetch arguments see it.
type task struct{ *linux.Thread }

func (t task) Comm() string { return comm(t.Thread) }

// ReadKernel is never used: a uprobe reads the user's memory only.
func (t task) ReadKernel(uint64, []byte) int { return 0 }

// ReadUser reads page by page, bringing pages in.
func (t task) ReadUser(addr uint64, p []byte) int {
	mm := t.Process().MM()
	for n := 0; n < len(p); {
		step := min(len(p)-n, int(emu.PageSize-(addr+uint64(n))%emu.PageSize))
		if !mm.Read(addr+uint64(n), p[n:n+step]) {
			return n
		}
		n += step
	}
	return len(p)
}

// gprOf are the general registers by their place in struct pt_regs.
var gprOf = map[events.Reg]emu.Reg{
	events.RegAX: emu.RAX, events.RegBX: emu.RBX, events.RegCX: emu.RCX, events.RegDX: emu.RDX,
	events.RegSI: emu.RSI, events.RegDI: emu.RDI, events.RegBP: emu.RBP, events.RegSP: emu.RSP,
	events.RegR8: emu.R8, events.RegR9: emu.R9, events.RegR10: emu.R10, events.RegR11: emu.R11,
	events.RegR12: emu.R12, events.RegR13: emu.R13, events.RegR14: emu.R14, events.RegR15: emu.R15,
}

var segmentOf = map[events.Reg]int{
	events.RegCS: emu.CS, events.RegSS: emu.SS, events.RegDS: emu.DS, events.RegES: emu.ES,
	events.RegFS: emu.FS, events.RegGS: emu.GS,
}

// Register reads struct pt_regs, in which orig_ax is -1 after an exception.
func (t task) Register(r events.Reg) uint64 {
	c := t.Core()
	if g, ok := gprOf[r]; ok {
		return c.GPR[g]
	}
	if s, ok := segmentOf[r]; ok {
		return uint64(c.Seg[s].Sel)
	}
	switch r {
	case events.RegIP:
		return c.RIP
	case events.RegFlags:
		return c.RFLAGS
	}
	return ^uint64(0)
}
