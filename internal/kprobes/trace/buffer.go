package trace

import (
	"strings"

	"trapline/internal/emu"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracefs"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
)

// DefaultEntries is how many records the trace buffer holds; older ones are
// overwritten, and the header says how many were written.
const DefaultEntries = 1 << 16

// chunkSize is the bytes of records that are allocated at a time.
const chunkSize = 64 << 10

// entry is a record in the buffer. Data is never written to again.
type entry struct {
	rec   fetch.Record
	cpu   int
	flags string
	time  uint64
	stack []string // of a stacktrace trigger, which has no record
}

// buffer is the trace buffer: the newest records. Entries are only added
// behind and dropped in front, so that a snapshot can keep a part of the
// slice.
type buffer struct {
	limit   int
	entries []entry
	written int
	chunk   []byte
}

func newBuffer(limit int) buffer {
	if limit <= 0 {
		limit = DefaultEntries
	}
	return buffer{limit: limit}
}

func (b *buffer) add(e entry) {
	n := len(e.rec.Data)
	if cap(b.chunk)-len(b.chunk) < n {
		b.chunk = make([]byte, 0, max(chunkSize, n))
	}
	at := len(b.chunk)
	b.chunk = append(b.chunk, e.rec.Data...)
	e.rec.Data = b.chunk[at:len(b.chunk):len(b.chunk)]
	if len(b.entries) == b.limit {
		b.entries = b.entries[1:]
	}
	if len(b.entries) == cap(b.entries) { // room for as many again, so that moving is rare
		b.entries = append(make([]entry, 0, 2*len(b.entries)+16), b.entries...)
	}
	b.entries = append(b.entries, e)
	b.written++
}

// NoteEvent marks an event that fired; its text is the trace line's function
// column.
const NoteEvent emu.NoteKind = "event"

// hit is the handler of an event's probe (kprobe_dispatcher(),
// kretprobe_dispatcher()): of the n-th that was planted.
func hit(n int) kprobes.Action {
	return func(c *kprobes.Call) uint64 {
		t := c.Host(hostKey{}).(*Tracing)
		t.hit(t.planted[n], c)
		return 0
	}
}

func (t *Tracing) hit(p *planted, c *kprobes.Call) {
	p.counts.Hits++
	on := p.probe.On
	c.Door.Touch(t.cells.Loc(valueArray), emu.Reads) // a task's write changes it
	plain := t.array.Plain(on)
	if !on.Enabled || plain && t.array.Off() {
		return
	}
	t.target.call, t.target.door = c, t.g.K.M.Look() // what is only shown decides nothing
	if !plain {
		t.target.door = c.Door
	}
	h := fetch.Hit{Addr: p.probe.Addr}
	if c.Kind == kprobes.OnReturn {
		h.Return = c.Ret.Addr
	}
	rec, ok := p.fetcher.Fetch(&t.target, h)
	if !ok {
		return
	}
	e := entry{rec: rec, cpu: c.CPU.ID, flags: flagsOf(c), time: t.now()}
	if plain {
		t.keep(&e)
	} else {
		c.Door.Touch(t.cells.Loc(valueArray), emu.Writes)
		t.raise(on, &e)
	}
}

// keep puts a record into the buffer, and tells of it.
func (t *Tracing) keep(e *entry) {
	t.buffer.add(*e)
	if m := t.g.K.M; !m.Quiet && e.stack == nil {
		var l fetch.Line
		e.rec.AppendText(&l, t.names())
		m.Note(emu.Note{Kind: NoteEvent, ID: "E6", Text: string(l.Text), Addr: e.rec.Hit().Addr})
	}
}

// flagsOf is the latency column: only whether interrupts were on is the
// interrupted code's, the rest is always so inside an int3's handler.
func flagsOf(c *kprobes.Call) string {
	flags := tracefs.Int3Flags
	if c.Kind == kprobes.OnReturn {
		flags = tracefs.FtraceFlags
	}
	if c.Regs.Get(traps.FieldFlags)&emu.IF == 0 {
		return "d" + flags[1:]
	}
	return flags
}

// firstPID is the process number of cpu 0's task; the next CPUs' follow.
const firstPID = 100

// traceText is the trace file.
func (t *Tracing) traceText() string {
	var b strings.Builder
	b.WriteString(tracefs.TraceHeader(tracefs.TraceOptions{}, len(t.buffer.entries), t.buffer.written, len(t.g.K.M.CPUs)))
	for i := range t.buffer.entries {
		b.WriteString(t.line(&t.buffer.entries[i]))
	}
	return b.String()
}

// Lines are the records as lines of the trace file, oldest first.
func (t *Tracing) Lines() []string {
	var list []string
	for i := range t.buffer.entries {
		list = append(list, strings.TrimSuffix(t.line(&t.buffer.entries[i]), "\n"))
	}
	return list
}

// Records are the records in the buffer, oldest first.
func (t *Tracing) Records() []Record {
	var list []Record
	for _, e := range t.buffer.entries {
		if e.stack != nil {
			continue
		}
		d := e.rec.Program.Definition()
		list = append(list, Record{d.Group, d.Event, e.cpu, e.time, e.rec.Values(t.names())})
	}
	return list
}

// Record is an event that fired, for JSON and for checks in Go.
type Record struct {
	Group  string        `json:"group"`
	Event  string        `json:"event"`
	CPU    int           `json:"cpu"`
	Time   uint64        `json:"time"` // nanoseconds
	Values []fetch.Value `json:"values"`
}
