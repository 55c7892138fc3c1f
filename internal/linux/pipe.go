package linux

import (
	"trapline/internal/linux/abi"
)

// pipe is the buffer between the two ends of a pipe(2).
type pipe struct {
	data             []byte
	readers, writers int
	seen             [2]uint64 // readers and writers that have opened it so far
	wakes            wakes
}

// take opens the ends that f is.
func (p *pipe) take(f *File) {
	if f.writable() {
		p.writers++
		p.seen[1]++
	}
	if f.readable() {
		p.readers++
		p.seen[0]++
	}
	p.wakes.in++
	p.wakes.out++
}

// drop closes the ends that f is.
func (p *pipe) drop(f *File) {
	if f.writable() {
		p.writers--
	}
	if f.readable() {
		p.readers--
	}
	p.wakes.in++
	p.wakes.out++
}

func (k *Kernel) readPipe(t *Thread, f *File, b []byte) int64 {
	p := f.pipe
	switch {
	case len(b) == 0:
		return 0
	case len(p.data) > 0:
		n := copy(b, p.data)
		p.data = p.data[n:]
		p.wakes.out++
		k.changed()
		return int64(n)
	case p.writers == 0:
		return 0
	case f.flags&abi.O_NONBLOCK != 0:
		return -EAGAIN
	}
	return t.block(restartSys, never)
}

// writePipe puts up to PIPE_BUF bytes in at once or not at all; more goes in
// parts as there is room, which the thread waits for.
func (k *Kernel) writePipe(t *Thread, f *File, b []byte) int64 {
	const pipeBuf = 4096
	p := f.pipe
	if p.readers == 0 {
		t.send(sigInfo{signo: abi.SIGPIPE, code: abi.SI_USER, pid: t.proc.PID})
		return t.partial(-EPIPE)
	}
	rest := b[t.progress:]
	room := pipeSize - len(p.data)
	if len(b) <= pipeBuf && room < len(b) {
		room = 0
	}
	n := min(room, len(rest))
	if n > 0 {
		p.data = append(p.data, rest[:n]...)
		t.progress += n
		p.wakes.in++
		k.changed()
	}
	switch {
	case t.progress == len(b):
		return int64(len(b))
	case f.flags&abi.O_NONBLOCK != 0:
		return t.partial(-EAGAIN)
	}
	return t.block(t.partial(restartSys), never)
}
