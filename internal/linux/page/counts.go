package page

import "slices"

// chunk is how many counts of frames snapshots share or copy together.
const chunk = 2048

// counts are the references to each frame.
type counts []uint32

// Counts is a copy of the references to each frame, in chunks that snapshots share.
type Counts struct {
	chunks []counts
	n      int
}

// Save copies the counts that differ from the last copy.
func (a *Allocator) Save() Counts {
	s := Counts{n: len(a.refs)}
	for at := 0; at < len(a.refs); at += chunk {
		c := a.refs[at:min(at+chunk, len(a.refs))]
		if i := at / chunk; i < len(a.last.chunks) && slices.Equal(c, a.last.chunks[i]) {
			c = a.last.chunks[i]
		} else {
			c = slices.Clone(c)
		}
		s.chunks = append(s.chunks, c)
	}
	a.last = s
	return s
}

// Restore brings counts back.
func (a *Allocator) Restore(s Counts) {
	a.refs = make(counts, 0, s.n)
	for _, c := range s.chunks {
		a.refs = append(a.refs, c...)
	}
}
