package vfs

// Pipe is the buffer between the two ends of a pipe(2).
type Pipe struct {
	Ino              uint64 // of one without a name
	Data             []byte
	Readers, Writers int
	Seen             [2]uint64 // readers and writers that have opened it so far
	Wakes            Wakes
}

// firstPipe is the inode number of the first pipe, behind those of the standard streams.
const firstPipe = 16

// NewPipe makes a pipe without a name, whose ends are open.
func (o *Overlay) NewPipe() *Pipe {
	o.pipes++
	return &Pipe{Ino: firstPipe + o.pipes - 1, Readers: 1, Writers: 1}
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
