package tracearray

import "slices"

// buffer is what the records of a CPU, or of all CPUs, lie in.
type buffer interface {
	// add writes a record; false if there is no room and nothing may be overwritten.
	add(e *Entry, overwrite bool) bool
	// entries lists what was not consumed, oldest first.
	entries() []*Entry
	// next is the oldest record that was not consumed, nil if there is none; consume takes it away.
	next(consume bool) *Entry
	counts() counts
	clear()
	// clone is a copy that shares the records, empty one of the same size without any.
	clone() buffer
	empty() buffer
}

// counts are of records.
type counts struct {
	overrun, dropped, read int
}

// list is a buffer that is bounded in records. Its slice only grows behind and shrinks in front, so that copies share
// what is in it.
type list struct {
	limit int
	all   []*Entry
	n     counts
}

func (l *list) add(e *Entry, overwrite bool) bool {
	if len(l.all) == l.limit {
		if !overwrite {
			l.n.dropped++
			return false
		}
		l.all = l.all[1:]
		l.n.overrun++
	}
	if len(l.all) == cap(l.all) { // room for as many again, so that moving is rare
		l.all = append(make([]*Entry, 0, 2*len(l.all)+16), l.all...)
	}
	l.all = append(l.all, e)
	return true
}

func (l *list) entries() []*Entry { return l.all }

func (l *list) next(consume bool) *Entry {
	if len(l.all) == 0 {
		return nil
	}
	e := l.all[0]
	if consume {
		l.all = l.all[1:]
		l.n.read++
	}
	return e
}

func (l *list) counts() counts { return l.n }

func (l *list) clear() { *l = list{limit: l.limit} }

func (l *list) clone() buffer {
	c := *l
	c.all = slices.Clip(l.all)
	return &c
}

func (l *list) empty() buffer { return &list{limit: l.limit} }

// Sizes of the pieces in which an arena grows: bytes, entries.
const (
	arenaBytes   = 64 << 10
	arenaEntries = 256
)

// arena is where records and entries lie. What is in it is not changed any more, so that buffers and snapshots share it.
type arena struct {
	bytes []byte
	list  []Entry
}

func (m *arena) copy(b []byte) []byte {
	if cap(m.bytes)-len(m.bytes) < len(b) {
		m.bytes = make([]byte, 0, max(arenaBytes, len(b)))
	}
	at := len(m.bytes)
	m.bytes = append(m.bytes, b...)
	return m.bytes[at:len(m.bytes):len(m.bytes)]
}

func (m *arena) entry(e Entry) *Entry {
	if len(m.list) == cap(m.list) {
		m.list = make([]Entry, 0, arenaEntries)
	}
	m.list = append(m.list, e)
	return &m.list[len(m.list)-1]
}
