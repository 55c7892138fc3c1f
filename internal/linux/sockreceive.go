package linux

import (
	"slices"

	"trapline/internal/linux/abi"
)

// Receiving, from streams and datagram by datagram.

// receiveStream takes bytes off a stream (unix_stream_read_generic, tcp_recvmsg).
func (k *Kernel) receiveStream(t *Thread, f *File, n, flags int, to scatter, a *arrival) int64 {
	s := f.sock
	switch {
	case s.isTCP() && s.state == sockListening:
		return -ENOTCONN
	case !s.isTCP() && s.state != sockConnected:
		return -EINVAL
	}
	target := min(n, s.opts.rcvlowat)
	if flags&abi.MSG_WAITALL != 0 {
		target = n
	}
	target = max(target, 1)
	if n == 0 && s.available() > 0 {
		return k.takeStream(s, n, flags, 0, to, a)
	}
	if flags&abi.MSG_PEEK != 0 || flags&abi.MSG_WAITALL == 0 {
		if have := s.available(); have < target {
			if r := s.streamEnd(have > 0); r == resultBlock {
				if r = t.waitSocket(f, flags, s.opts.receiveTimeout, -EAGAIN); r == resultBlock || have == 0 {
					if n == 0 && s.isTCP() && r == -EAGAIN && t.expiry != 0 {
						return 0 // tcp_recvmsg waits once, whatever comes of it
					}
					return r
				}
			} else if have == 0 {
				return r
			}
		}
		return k.takeStream(s, n, flags, 0, to, a)
	}
	if t.progress > 0 && !s.isTCP() { // what came before the call waited
		a.cred, a.withCred = s.cred, true
		if s.peer != nil {
			a.from, a.hasFrom = s.peer.local, true
		}
	}
	for {
		r := k.takeStream(s, n-t.progress, flags, t.progress, to, a)
		if r < 0 {
			return t.partial(r)
		}
		t.progress += int(r)
		if t.progress >= target || len(a.rights) > 0 {
			return int64(t.progress)
		}
		if len(s.queue) > 0 && r > 0 {
			continue
		}
		if r := s.streamEnd(t.progress > 0); r != resultBlock {
			return t.partial(r)
		}
		r = t.partialWait(f, flags, s.opts.receiveTimeout, -EAGAIN)
		if r == -EAGAIN && n == 0 && s.isTCP() && t.expiry != 0 {
			return 0
		}
		return r
	}
}

// available is how many bytes of a stream can be read at once.
func (s *socket) available() int {
	n := 0
	for _, p := range s.queue {
		n += len(p.data)
	}
	return n
}

// streamEnd is what reading an empty stream gives: its end, its error, or resultBlock.
// Where some bytes are returned first, an error is AF_UNIX's to forget and TCP's to keep.
func (s *socket) streamEnd(some bool) int64 {
	if s.isTCP() && s.ended {
		return 0
	}
	switch {
	case s.err != 0 && some && s.isTCP():
		return 0
	case s.err != 0 && some:
		s.takeError()
		return 0
	case s.err != 0:
		return s.takeError()
	case s.noReceive:
		return 0
	case s.isTCP() && s.state == sockClosed && some:
		return 0
	case s.isTCP() && s.state == sockClosed:
		return -ENOTCONN
	}
	return resultBlock
}

// takeStream moves up to n bytes that are there. It stops behind a piece that comes with
// descriptors, and before one of another sender if credentials are asked for.
func (k *Kernel) takeStream(s *socket, n, flags, off int, to scatter, a *arrival) int64 {
	done := 0
	peek := flags&abi.MSG_PEEK != 0
	on := peek && !s.isTCP() // looking on, for descriptors
	for at := 0; at < len(s.queue) && (on || done < n || n == 0); {
		p := &s.queue[at]
		if s.opts.passCred && done > 0 && p.cred != a.cred {
			break
		}
		part := p.data[:min(n-done, len(p.data))]
		if !(s.isTCP() && flags&abi.MSG_TRUNC != 0) && len(part) > 0 && !to(off+done, part) {
			if done > 0 {
				break
			}
			return -EFAULT
		}
		done += len(part)
		a.cred, a.withCred = p.cred, true
		if !s.isTCP() && s.peer != nil {
			a.from, a.hasFrom = p.sender(), true
		}
		rights := p.rights
		if peek {
			a.rights = k.duplicate(rights)
			at++
		} else {
			a.rights, p.rights = rights, nil
			p.data = p.data[len(part):]
			if len(p.data) > 0 {
				break
			}
			k.dropPacket(s)
		}
		if len(rights) > 0 || n == 0 && !on {
			break
		}
	}
	if done > 0 && !peek && s.isTCP() && s.peer != nil {
		k.wakeOut(s.peer)
	}
	return int64(done)
}

// duplicate takes references to the files of a message that is only looked at.
func (k *Kernel) duplicate(rights []*File) []*File {
	for _, f := range rights {
		f.refs++
	}
	return slices.Clone(rights)
}

// receiveDatagram takes one datagram (unix_dgram_recvmsg, udp_recvmsg).
func (k *Kernel) receiveDatagram(t *Thread, f *File, n, flags int, to scatter, a *arrival) int64 {
	s := f.sock
	if s.kind == abi.SOCK_SEQPACKET && s.state != sockConnected {
		return -ENOTCONN
	}
	switch {
	case s.err != 0:
		return s.takeError()
	case len(s.queue) == 0:
		again := -EAGAIN
		if s.noReceive {
			waits := flags&abi.MSG_DONTWAIT == 0 && f.flags&abi.O_NONBLOCK == 0
			if waits || s.kind == abi.SOCK_SEQPACKET {
				return 0
			}
			return again
		}
		return t.waitSocket(f, flags, s.opts.receiveTimeout, again)
	}
	p := s.queue[0]
	part := p.data[:min(n, len(p.data))]
	if len(part) > 0 && !to(0, part) {
		return -EFAULT
	}
	r := int64(len(part))
	if len(part) < len(p.data) {
		a.flags |= abi.MSG_TRUNC
		if flags&abi.MSG_TRUNC != 0 {
			r = int64(len(p.data))
		}
	}
	a.from, a.hasFrom = p.sender(), true
	a.cred, a.withCred = p.cred, true
	if flags&abi.MSG_PEEK != 0 {
		a.rights = k.duplicate(p.rights)
		return r
	}
	a.rights = p.rights
	s.queue[0].rights = nil
	k.dropPacket(s)
	return r
}
