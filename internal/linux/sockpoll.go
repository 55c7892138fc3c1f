package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// Events of sockets.
const (
	pollRead  = abi.POLLIN | abi.POLLRDNORM
	pollWrite = abi.POLLOUT | abi.POLLWRNORM
)

// poll says which events hold for s (tcp_poll, datagram_poll, unix_poll).
func (s *socket) poll() uint16 {
	var r uint16
	if s.isTCP() && s.state == sockListening {
		if len(s.backlog) > 0 {
			r = pollRead
		}
		return r
	}
	if s.err != 0 {
		r |= abi.POLLERR
	}
	if s.noReceive {
		r |= pollRead | abi.POLLRDHUP
	}
	if s.noReceive && s.noSend {
		r |= abi.POLLHUP
	}
	if s.isTCP() {
		return r | s.pollTCP()
	}
	if len(s.queue) > 0 || s.state == sockListening && len(s.backlog) > 0 {
		r |= pollRead
	}
	if s.family != abi.AF_UNIX {
		return r | pollWrite | abi.POLLWRBAND
	}
	if s.kind != abi.SOCK_DGRAM && s.state == sockClosed {
		r |= abi.POLLHUP
	}
	full := false
	if o := s.peer; o != nil && s.kind != abi.SOCK_STREAM {
		full = o.peer != s && len(o.queue) > maxQueuedUnix
	}
	if s.unixWritable() && !full {
		r |= pollWrite | abi.POLLWRBAND
	}
	return r
}

func (s *socket) pollTCP() uint16 {
	var r uint16
	if s.state == sockClosed {
		r |= abi.POLLHUP
	}
	if s.state == sockConnecting {
		return r
	}
	if s.available() >= max(1, s.opts.rcvlowat) {
		r |= pollRead
	}
	if s.noSend || s.peer == nil || 2*s.tcpRoom() >= s.peer.queued {
		r |= pollWrite
	}
	return r
}

// edges are what has woken those who wait for a file, for EPOLLET.
func (f *File) edges(k *Kernel) vfs.Wakes {
	w := vfs.Wakes{In: k.changes, Out: k.changes}
	switch {
	case f.sock != nil:
		w = f.sock.wakes
	case f.pipe != nil:
		w = f.pipe.Wakes
	case f.device == devEvent || f.device == devSemaphore:
		w = f.wakes
	case f.notify != nil:
		w = f.notify.wakes
	case f.queue != nil:
		w = f.queue.wakes
	case f.device == devSignal:
		w = vfs.Wakes{In: f.sigs.sent}
	case f.device == devEpoll:
		w = vfs.Wakes{}
		for _, i := range f.watched {
			inner := i.file.edges(k)
			w.In += inner.In + inner.Out
		}
	}
	return vfs.Wakes{In: w.In + 1, Out: w.Out + 1} // 0 is never
}
