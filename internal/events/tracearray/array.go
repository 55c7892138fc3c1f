package tracearray

import (
	"cmp"
	"encoding/binary"
	"slices"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/filter"
	"trapline/internal/events/tracefs"
)

// DefaultBuffer is the bytes of each CPU's buffer.
const DefaultBuffer = 1408 << 10

// Array is one trace array. It is not safe for concurrent use.
type Array struct {
	cfg     Config
	buffers []buffer // one of each CPU, or one for all
	options options
	// overwrite and tgid are options, which each record asks for.
	overwrite, tgid bool
	clock           string
	counter         uint64 // of the clock "counter"
	off             bool   // tracing_on is 0
	kb              int    // what buffer_size_kb was set to; 0: never
	// spare is the snapshot, made with the first trigger that takes one.
	spare []buffer
	seq   uint64
	start uint64 // when the buffer was last emptied, in nanoseconds

	files map[*tracefs.Event]*eventFile
	pids  []int // set_event_pid, sorted
	arena *arena
}

// Config is what an Array is made from.
type Config struct {
	Registry *tracefs.Registry
	CPUs     int // online CPUs, at least 1
	// Records bounds the buffer in records, of all CPUs together; 0: each CPU has pages of DefaultBuffer bytes, as in a
	// kernel. Where it is set there are no files about the pages: buffer_size_kb, per_cpu.
	Records int
	// KeepFirst loses the newest records when the buffer is full: the option overwrite is off until it is set.
	KeepFirst bool
	// Names are what records are printed with; nil: none.
	Names func() fetch.Names
	// Now is the trace clock in nanoseconds; nil means 0.
	Now func() uint64
	// Stack lists the kernel's functions at an event for a stacktrace trigger, innermost first; nil: none.
	Stack func(*Raised) []string
	// Added is told of each record that is written to the buffer, stack traces too; nil: nobody is.
	Added func(*Entry)
	// Cleared is told when the buffer is emptied; nil: nobody is.
	Cleared func()
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
	Event *tracefs.Event
	// Record is the event's, the fields common to all records zero.
	Record fetch.Record
	// Stack is a stack trace's functions, innermost first; nil for an event.
	Stack []string

	size   int // bytes in the ring buffer
	seq    uint64
	noTGID bool // it was recorded without the option record-tgid
}

// Raised is an event that fires.
type Raised struct {
	tracefs.TraceEntry
	// Record is copied. Its common fields are written.
	Record fetch.Record
	// Context is common_flags and common_preempt_count of the record.
	Context [2]byte
}

// New makes an array with an empty buffer.
func New(cfg Config) *Array {
	cfg.CPUs = max(1, cfg.CPUs)
	a := &Array{cfg: cfg, options: defaultOptions(), clock: defaultClock, files: map[*tracefs.Event]*eventFile{}, arena: &arena{}}
	overwriting := optionOverwrite
	if cfg.KeepFirst {
		overwriting = negativePrefix + optionOverwrite
	}
	_ = a.setOption(overwriting) // a known name
	if cfg.Records > 0 {
		a.buffers = []buffer{&list{limit: cfg.Records}}
		return a
	}
	for range cfg.CPUs {
		a.buffers = append(a.buffers, newRing(DefaultBuffer))
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
func (a *Array) Raise(e *tracefs.Event, r *Raised) {
	if a.Plain(e) {
		a.addRecord(e, r)
		return
	}
	f := a.file(e)
	binary.LittleEndian.PutUint16(r.Record.Data, uint16(e.ID))
	copy(r.Record.Data[2:4], r.Context[:])
	binary.LittleEndian.PutUint32(r.Record.Data[4:], uint32(r.PID))
	ev := &filter.Event{Data: r.Record.Data, CPU: r.CPU, Comm: r.Comm}
	ignored := len(a.pids) > 0 && !slices.Contains(a.pids, r.PID)
	if !f.conditional() {
		for _, t := range f.triggers {
			t.run(a, r)
		}
		if e.SoftDisabled || ignored {
			return
		}
	}
	var after []*trigger
	if f.conditional() {
		after = f.runConditional(a, ev, r)
	}
	if !e.SoftDisabled && !ignored && f.filter.Match(ev) {
		a.addRecord(e, r)
	}
	for _, t := range after {
		t.run(a, r)
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

// addRecord writes an event's record.
func (a *Array) addRecord(e *tracefs.Event, r *Raised) {
	if a.off {
		return
	}
	rec := fetch.Record{Program: r.Record.Program, Data: a.arena.copy(r.Record.Data)}
	clear(rec.Data[:events.CommonSize])
	a.add(Entry{TraceEntry: r.TraceEntry, Event: e, Record: rec, size: len(rec.Data)})
}

func (a *Array) add(x Entry) {
	if a.off {
		return
	}
	e := a.arena.entry(x)
	a.seq++
	e.seq = a.seq
	if a.clock == counterClock {
		a.counter++
		e.Time = a.counter
	}
	e.noTGID = !a.tgid
	if a.buffers[e.CPU%len(a.buffers)].add(e, a.overwrite) && a.cfg.Added != nil {
		a.cfg.Added(e)
	}
}

// Entries lists the buffer, oldest first. The list is not to be changed.
func (a *Array) Entries() []*Entry { return merged(a.buffers) }

// Sequence is the number of the newest record, which are counted from 1 on, the lost ones too.
func (a *Array) Sequence() uint64 { return a.seq }

// After lists the records of the buffer behind the one of a number.
func (a *Array) After(sequence uint64) []*Entry {
	if sequence == a.seq {
		return nil
	}
	l := a.Entries()
	i, _ := slices.BinarySearchFunc(l, sequence+1, func(e *Entry, n uint64) int { return cmp.Compare(e.seq, n) })
	return l[i:]
}

// Lost counts the records for which there was no room since the buffer was last emptied, without the option overwrite.
func (a *Array) Lost() int {
	n := 0
	for _, b := range a.buffers {
		n += b.counts().dropped
	}
	return n
}

func merged(buffers []buffer) []*Entry {
	if len(buffers) == 1 {
		return buffers[0].entries()
	}
	var l []*Entry
	for _, b := range buffers {
		l = append(l, b.entries()...)
	}
	slices.SortFunc(l, func(x, y *Entry) int { return cmp.Compare(x.seq, y.seq) })
	return l
}

// Clear empties the buffer.
func (a *Array) Clear() {
	for _, b := range a.buffers {
		b.clear()
	}
	a.start = a.now()
	if a.cfg.Cleared != nil {
		a.cfg.Cleared()
	}
}

// Deleted forgets an event that is no more. If it was ever enabled, that empties the buffer: another event may get its
// number (trace_remove_event_call()).
func (a *Array) Deleted(e *tracefs.Event) {
	if e.WasEnabled {
		a.Clear()
	}
	delete(a.files, e)
}

func (a *Array) now() uint64 {
	if a.cfg.Now == nil {
		return 0
	}
	return a.cfg.Now()
}
