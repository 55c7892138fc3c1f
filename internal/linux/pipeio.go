package linux

import (
	"trapline/internal/linux/abi"
)

func (k *Kernel) readPipe(t *Thread, f *File, b []byte) int64 {
	p := f.pipe
	switch {
	case len(b) == 0:
		return 0
	case len(p.Data) > 0:
		n := copy(b, p.Data)
		p.Data = p.Data[n:]
		p.Wakes.Out++
		k.changed()
		return int64(n)
	case p.Writers == 0:
		return 0
	}
	return t.waitFor(f, false)
}

// writePipe puts up to PIPE_BUF bytes in at once or not at all; more goes in
// parts as there is room, which the thread waits for.
func (k *Kernel) writePipe(t *Thread, f *File, b []byte) int64 {
	const pipeBuf = 4096
	p := f.pipe
	if p.Readers == 0 {
		t.send(sigInfo{signo: abi.SIGPIPE, code: abi.SI_USER, pid: t.proc.PID})
		return t.partial(-EPIPE)
	}
	rest := b[t.progress:]
	room := pipeSize - len(p.Data)
	if len(b) <= pipeBuf && room < len(b) {
		room = 0
	}
	n := min(room, len(rest))
	if n > 0 {
		p.Data = append(p.Data, rest[:n]...)
		t.progress += n
		p.Wakes.In++
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
