package vfs

// Pipe is the buffer between the two ends of a pipe(2).
type Pipe struct {
	Data             []byte
	Readers, Writers int
	Seen             [2]uint64 // readers and writers that have opened it so far
	Wakes            Wakes
}

// Take opens ends.
func (p *Pipe) Take(reads, writes bool) {
	if writes {
		p.Writers++
		p.Seen[1]++
	}
	if reads {
		p.Readers++
		p.Seen[0]++
	}
	p.Wakes.In++
	p.Wakes.Out++
}

// Drop closes ends.
func (p *Pipe) Drop(reads, writes bool) {
	if writes {
		p.Writers--
	}
	if reads {
		p.Readers--
	}
	p.Wakes.In++
	p.Wakes.Out++
}
