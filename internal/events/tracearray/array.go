package tracearray

import (
	"cmp"
	"encoding/binary"
	"slices"

	"trapline/internal/events/fetch"
	"trapline/internal/events/filter"
	"trapline/internal/events/tracefs"
)

// DefaultBuffer is the bytes of each CPU's buffer.
const DefaultBuffer = 1408 << 10

// Array is one trace array. It is not safe for concurrent use.
type Array struct {
	cfg     Config
	rings   []*ring
	options options
	clock   string
	counter uint64 // of the clock "counter"
	off     bool   // tracing_on is 0
	kb      int    // what buffer_size_kb was set to; 0: never
	// spare is the snapshot, made with the first trigger that takes one.
	spare []*ring
	seq   uint64
	start uint64 // when the buffer was last emptied, in nanoseconds

	files map[*tracefs.Event]*eventFile
	pids  []int // set_event_pid, sorted
}

// Config is what an Array is made from.
type Config struct {
	Registry *tracefs.Registry
	CPUs     int // online CPUs, at least 1
	Names    fetch.Names
	// Now is the trace clock in nanoseconds; nil means 0.
	Now func() uint64
	// Keep takes the records in place of the array's own buffer, which then stays empty: there are no snapshots.
	Keep func(*Entry)
}

// eventFile is what an event has in this array (struct trace_event_file).
type eventFile struct {
	filter   *filter.Filter
	text     string     // of the filter file; "" reads as none
	triggers []*trigger // newest first
}

// Entry is a record in the buffer, with where it came from.
type Entry struct {
	tracefs.TraceEntry
	Event  *tracefs.Event
	Record fetch.Record
	// Stack is a stack trace's functions, innermost first; nil for an event.
	Stack []string

	size int // bytes in the ring buffer
	seq  uint64
}

// Raised is an event that fires.
type Raised struct {
	tracefs.TraceEntry
	Record fetch.Record // taken over
	// Context is common_flags and common_preempt_count of the record.
	Context [2]byte
	// Stack lists the kernel's functions for a stacktrace trigger, innermost first.
	Stack []string
}

// New makes an array with an empty buffer.
func New(cfg Config) *Array {
	a := &Array{cfg: cfg, options: defaultOptions(), clock: defaultClock, files: map[*tracefs.Event]*eventFile{}}
	for range max(1, cfg.CPUs) {
		if cfg.Keep != nil {
			break
		}
		a.rings = append(a.rings, newRing(DefaultBuffer))
	}
	return a
}

func (a *Array) file(e *tracefs.Event) *eventFile {
	f := a.files[e]
	if f == nil {
		f = &eventFile{}
		a.files[e] = f
	}
	return f
}

// Raise is one firing of an event (trace_event_buffer_reserve() to trace_event_buffer_commit()).
func (a *Array) Raise(e *tracefs.Event, r Raised) {
	f := a.file(e)
	binary.LittleEndian.PutUint16(r.Record.Data, uint16(e.ID))
	copy(r.Record.Data[2:4], r.Context[:])
	binary.LittleEndian.PutUint32(r.Record.Data[4:], uint32(r.PID))
	ev := &filter.Event{Data: r.Record.Data, CPU: r.CPU, Comm: r.Comm}
	ignored := len(a.pids) > 0 && !slices.Contains(a.pids, r.PID)
	if !f.conditional() {
		for _, t := range f.triggers {
			t.run(a, &r)
		}
		if e.SoftDisabled || ignored {
			return
		}
	}
	var after []*trigger
	if f.conditional() {
		after = f.runConditional(a, ev, &r)
	}
	if !e.SoftDisabled && !ignored && f.filter.Match(ev) {
		a.add(&Entry{TraceEntry: r.TraceEntry, Event: e, Record: r.Record, size: len(r.Record.Data)})
	}
	for _, t := range after {
		t.run(a, &r)
	}
}

// Off tells whether tracing_on is 0.
func (a *Array) Off() bool { return a.off }

// Plain tells whether an event has nothing to be raised for but its record: no filter, no trigger, no process that it
// is left out for.
func (a *Array) Plain(e *tracefs.Event) bool {
	if e.SoftDisabled || len(a.pids) > 0 {
		return false
	}
	f := a.files[e]
	return f == nil || f.filter == nil && len(f.triggers) == 0
}

func (a *Array) add(e *Entry) {
	if a.off {
		return
	}
	if a.cfg.Keep != nil {
		a.cfg.Keep(e)
		return
	}
	a.seq++
	e.seq = a.seq
	if a.clock == counterClock {
		a.counter++
		e.Time = a.counter
	}
	if !a.options.on(optionRecordTGID) {
		e.TGID = 0
	}
	a.rings[e.CPU%len(a.rings)].add(e, a.options.on(optionOverwrite))
}

// Entries lists the buffer, oldest first.
func (a *Array) Entries() []*Entry { return merged(a.rings) }

func merged(rings []*ring) []*Entry {
	var l []*Entry
	for _, r := range rings {
		l = append(l, r.entries()...)
	}
	slices.SortFunc(l, func(x, y *Entry) int { return cmp.Compare(x.seq, y.seq) })
	return l
}

// Clear empties the buffer.
func (a *Array) Clear() {
	for _, r := range a.rings {
		r.clear()
	}
	a.start = a.now()
}

// Deleted forgets an event that is no more.
func (a *Array) Deleted(e *tracefs.Event) { delete(a.files, e) }

func (a *Array) now() uint64 {
	if a.cfg.Now == nil {
		return 0
	}
	return a.cfg.Now()
}
