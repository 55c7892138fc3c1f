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
		k.pipeChanged(p, abi.POLL_OUT)
		k.happenedToPipe(f, abi.IN_ACCESS)
		return int64(n)
	case p.Writers == 0:
		k.pipeChanged(p, abi.POLL_OUT)
		return 0
	case t.state != stateBlocked: // it is about to wait, or gives up
		k.pipeChanged(p, abi.POLL_OUT)
	}
	return t.waitFor(f, false)
}

// writePipe puts up to PIPE_BUF bytes in at once or not at all; more goes in
// parts as there is room, which the thread waits for. Of a call's total b is what
// comes next.
func (k *Kernel) writePipe(t *Thread, f *File, b []byte, total int) int64 {
	const pipeBuf = 4096
	p := f.pipe
	switch {
	case total == 0:
		return 0
	case p.Readers == 0:
		t.send(sigInfo{signo: abi.SIGPIPE, code: abi.SI_USER, pid: t.proc.PID})
		k.pipeChanged(p, abi.POLL_IN)
		return t.partial(-EPIPE)
	}
	room := pipeSize - len(p.Data)
	if total <= pipeBuf && room < total {
		room = 0
	}
	n := min(room, len(b))
	if n > 0 {
		p.Data = append(p.Data, b[:n]...)
		t.progress += n
		p.Wakes.In++
		k.changed()
	}
	if n > 0 || t.state != stateBlocked && len(b) > 0 {
		k.pipeChanged(p, abi.POLL_IN)
	}
	if t.progress == total || t.progress > 0 && f.flags&abi.O_NONBLOCK != 0 {
		k.happenedToPipe(f, abi.IN_MODIFY)
	}
	switch {
	case t.progress == total:
		return int64(total)
	case f.flags&abi.O_NONBLOCK != 0:
		return t.partial(-EAGAIN)
	}
	return t.block(t.partial(restartSys), never)
}
