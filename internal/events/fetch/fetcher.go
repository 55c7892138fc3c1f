package fetch

import (
	"encoding/binary"

	"trapline/internal/events"
)

// Fetcher runs one program again and again without allocating. It is not
// safe for concurrent use.
type Fetcher struct {
	prog    *Program
	symbols Symbols
	target  Target
	hit     Hit
	record  []byte // the record in the making
	dynamic int    // bytes reserved for strings
	scratch [chunkSize]byte
}

// NewFetcher makes a fetcher. symbols serves the type symstr and may be nil.
func NewFetcher(p *Program, symbols Symbols) *Fetcher {
	return &Fetcher{prog: p, symbols: symbols}
}

// Fetch runs the program at a hit. The record is valid until the next call.
// ok is false when the record is larger than a page of the ring buffer, in
// which case the kernel loses the event without a trace; the hit still
// counts in the profile.
func (f *Fetcher) Fetch(t Target, h Hit) (rec Record, ok bool) {
	f.target, f.hit = t, h
	fixed := f.prog.header + f.prog.def.Size
	f.dynamic = f.measure()
	size := fixed + f.dynamic
	if size > f.prog.layout.maxRecord {
		return Record{}, false
	}
	if cap(f.record) < size {
		f.record = make([]byte, f.prog.layout.maxRecord)
	}
	f.record = f.record[:size]
	clear(f.record)
	f.putAddresses()
	f.store(fixed)
	return Record{Program: f.prog, Data: f.record}, true
}

// putAddresses stores the event's own fields. The fields common to all trace
// records stay zero.
func (f *Fetcher) putAddresses() {
	at := f.record[events.CommonSize:]
	f.putWord(at, f.hit.Addr)
	if f.prog.def.Return {
		f.putWord(at[f.word():], f.hit.Return)
	}
}

func (f *Fetcher) word() int { return f.prog.def.Arch.Word() }

func (f *Fetcher) putWord(p []byte, v uint64) {
	if f.word() == 4 {
		binary.LittleEndian.PutUint32(p, uint32(v))
	} else {
		binary.LittleEndian.PutUint64(p, v)
	}
}

// measure adds up the room that the strings need (__get_data_size()).
func (f *Fetcher) measure() int {
	total := 0
	for i := range f.prog.args {
		if a := &f.prog.args[i]; a.dynamic {
			r := run{Fetcher: f, code: a.code, dest: noDest}
			total += max(r.all(), 0)
		}
	}
	return total
}

// store runs the arguments into the record, strings from byte at on
// (store_trace_args()).
func (f *Fetcher) store(at int) {
	left := f.dynamic
	for i := range f.prog.args {
		a := &f.prog.args[i]
		dest := f.prog.header + a.offset
		if a.dynamic {
			f.setLocator(dest, at, left)
		}
		r := run{Fetcher: f, code: a.code, dest: dest}
		if n := r.all(); a.dynamic && n > 0 {
			at += n
			left -= n
		}
	}
}

// A locator is 4 bytes: offset in the record in the low 16 bits, length in
// the high 16.

func (f *Fetcher) setLocator(dest, offset, length int) {
	binary.LittleEndian.PutUint32(f.record[dest:], uint32(length)<<16|uint32(offset)&0xffff)
}

func (f *Fetcher) locator(dest int) (offset, length int) {
	v := binary.LittleEndian.Uint32(f.record[dest:])
	return int(v & 0xffff), int(v >> 16)
}
