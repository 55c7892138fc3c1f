package tracearray

import "slices"

const (
	// pageRoom is the bytes of a page that records can take (BUF_PAGE_SIZE).
	pageRoom = 4080
	// minPages is the least a CPU's ring has besides the page that is being read.
	minPages = 2
	// headerSize is before every record; one of more than longRecord bytes has its length there too.
	headerSize, longRecord = 4, 112
	// extendSize is a record that only carries time, written when more than extendAfter nanoseconds passed.
	extendSize, extendAfter = 8, 1 << 27
)

// ring is one CPU's buffer: pages in a circle, and the reader's page, which is taken out of the circle in exchange for
// an emptied one. The writer may still be on it (struct ring_buffer_per_cpu).
type ring struct {
	pages    []*page // from the oldest on; the writer is on the last used one, or on the reader's page
	reader   *page
	inReader bool // the writer is on the reader's page
	tail     int  // the writer's page in pages
	last     uint64
	n        counts
}

type page struct {
	entries []*Entry
	used    int // bytes
	read    int // entries consumed
}

func (p *page) clone() *page {
	return &page{entries: slices.Clip(p.entries), used: p.used, read: p.read}
}

func newRing(bytes int) *ring {
	r := &ring{reader: &page{}}
	for range max(minPages, (bytes+pageRoom-1)/pageRoom) {
		r.pages = append(r.pages, &page{})
	}
	return r
}

// size is the bytes that records and their headers can take.
func (r *ring) size() int { return len(r.pages) * pageRoom }

func (r *ring) clone() buffer {
	c := *r
	c.reader, c.pages = r.reader.clone(), make([]*page, len(r.pages))
	for i, p := range r.pages {
		c.pages[i] = p.clone()
	}
	return &c
}

func (r *ring) counts() counts { return r.n }

func (r *ring) empty() buffer { return newRing(r.size()) }

func (r *ring) add(e *Entry, overwrite bool) bool {
	n := headerSize + (e.size+3)&^3
	if e.size > longRecord {
		n += headerSize
	}
	p := r.writerPage()
	if len(p.entries) > 0 && e.Time-r.last >= extendAfter {
		n += extendSize
	}
	if p.used+n > pageRoom {
		if p = r.nextPage(overwrite); p == nil {
			r.n.dropped++
			return false
		}
	}
	p.entries = append(p.entries, e)
	p.used += n
	r.last = e.Time
	return true
}

func (r *ring) writerPage() *page {
	if r.inReader {
		return r.reader
	}
	return r.pages[r.tail]
}

// nextPage moves the writer on. The page that it comes to may be the oldest, whose records are then lost.
func (r *ring) nextPage(overwrite bool) *page {
	if r.inReader { // into the circle, behind the place where the reader's page was
		if len(r.pages[0].entries) == 0 || overwrite {
			r.inReader, r.tail = false, 0
			r.drop(r.pages[0])
			return r.pages[0]
		}
		return nil
	}
	if r.tail+1 < len(r.pages) {
		r.tail++
		return r.pages[r.tail]
	}
	if !overwrite {
		return nil
	}
	oldest := r.pages[0]
	r.drop(oldest)
	r.pages = append(r.pages[1:len(r.pages):len(r.pages)], oldest)
	return oldest
}

func (r *ring) drop(p *page) {
	r.n.overrun += len(p.entries) - p.read
	*p = page{}
}

func (r *ring) next(consume bool) *Entry {
	if r.reader.read == len(r.reader.entries) {
		switch {
		case r.inReader:
			return nil
		case !consume:
			return first(r.pages)
		case !r.swapReader():
			return nil
		}
	}
	e := r.reader.entries[r.reader.read]
	if consume {
		r.reader.read++
		r.n.read++
	}
	return e
}

func first(pages []*page) *Entry {
	for _, p := range pages {
		if len(p.entries) > 0 {
			return p.entries[0]
		}
	}
	return nil
}

// swapReader puts the oldest page in the reader's place, and the reader's, emptied, behind the newest
// (rb_get_reader_page()).
func (r *ring) swapReader() bool {
	if len(r.pages[0].entries) == 0 {
		return false
	}
	emptied := r.reader
	*emptied = page{}
	r.reader, r.inReader = r.pages[0], r.tail == 0
	r.pages = append(slices.Clone(r.pages[1:]), emptied)
	if r.tail > 0 {
		r.tail--
	}
	return true
}

func (r *ring) entries() []*Entry {
	l := slices.Clone(r.reader.entries[r.reader.read:])
	if r.inReader {
		return l
	}
	for _, p := range r.pages[:r.tail+1] {
		l = append(l, p.entries...)
	}
	return l
}

// bytes counts what records take.
func (r *ring) bytes() int {
	n := r.reader.used
	for _, p := range r.pages {
		n += p.used
	}
	return n
}

func (r *ring) clear() { *r = *newRing(r.size()) }

// resize changes the number of pages, losing the oldest if there are too many.
func (r *ring) resize(bytes int) {
	n := max(minPages, (bytes+pageRoom-1)/pageRoom)
	for len(r.pages) > n && !r.inReader && r.tail > 0 && r.tail == len(r.pages)-1 {
		r.drop(r.pages[0])
		r.pages = r.pages[1:]
		r.tail--
	}
	for len(r.pages) > n {
		r.pages = r.pages[:len(r.pages)-1]
	}
	for len(r.pages) < n {
		r.pages = append(r.pages, &page{})
	}
}
