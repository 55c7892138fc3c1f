package net

import (
	"slices"

	"trapline/internal/linux/abi"
)

// Receiving, from streams and datagram by datagram.

// receiveStream takes bytes off a stream (unix_stream_read_generic, tcp_recvmsg).
func (ns *Stack) receiveStream(by Caller, s *Socket, n, flags int, to scatter, a *Arrival) int64 {
	switch {
	case s.IsTCP() && s.state == Listening:
		return -ENOTCONN
	case !s.IsTCP() && s.state != Connected:
		return -EINVAL
	}
	target := min(n, s.Opts.Rcvlowat)
	if flags&abi.MSG_WAITALL != 0 {
		target = n
	}
	target = max(target, 1)
	if n == 0 && s.Available() > 0 {
		return ns.takeStream(s, n, flags, 0, to, a)
	}
	if flags&abi.MSG_PEEK != 0 || flags&abi.MSG_WAITALL == 0 {
		if have := s.Available(); have < target && !(have > 0 && flags&abi.MSG_PEEK != 0 && !s.IsTCP()) { // AF_UNIX looks at what there is
			if r := s.streamEnd(have > 0); r == Waits {
				if r = by.Wait(flags, s.Opts.ReceiveTimeout, -EAGAIN); r == Waits || have == 0 {
					if n == 0 && s.IsTCP() && r == -EAGAIN && by.HasDeadline() {
						return 0 // tcp_recvmsg waits once, whatever comes of it
					}
					return r
				}
			} else if have == 0 {
				return r
			}
		}
		return ns.takeStream(s, n, flags, 0, to, a)
	}
	if by.Moved() > 0 && !s.IsTCP() { // what came before the call waited
		a.Cred, a.WithCred = s.Cred, true
		if s.Peer != nil {
			a.from, a.hasFrom = s.Peer.Local, true
		}
	}
	for {
		r := ns.takeStream(s, n-by.Moved(), flags, by.Moved(), to, a)
		if r < 0 {
			return by.Partial(r)
		}
		by.Move(int(r))
		if by.Moved() >= target || len(a.Rights) > 0 {
			return int64(by.Moved())
		}
		if len(s.Queue) > 0 && r > 0 {
			continue
		}
		if r := s.streamEnd(by.Moved() > 0); r != Waits {
			return by.Partial(r)
		}
		r = by.PartialWait(flags, s.Opts.ReceiveTimeout, -EAGAIN)
		if r == -EAGAIN && n == 0 && s.IsTCP() && by.HasDeadline() {
			return 0
		}
		return r
	}
}

// Available is how many bytes of a stream can be read at once.
func (s *Socket) Available() int {
	n := 0
	for _, p := range s.Queue {
		n += len(p.Data)
	}
	return n
}

// streamEnd is what reading an empty stream gives: its end, its error, or waits.
// Where some bytes are returned first, an error is AF_UNIX's to forget and TCP's to keep.
func (s *Socket) streamEnd(some bool) int64 {
	if s.IsTCP() && s.ended {
		return 0
	}
	switch {
	case s.Err != 0 && some && s.IsTCP():
		return 0
	case s.Err != 0 && some:
		s.TakeError()
		return 0
	case s.Err != 0:
		return s.TakeError()
	case s.NoReceive:
		return 0
	case s.IsTCP() && s.state == Closed && some:
		return 0
	case s.IsTCP() && s.state == Closed:
		return -ENOTCONN
	}
	return Waits
}

// takeStream moves up to n bytes that are there. It stops behind a piece that comes with
// descriptors, and before one of another sender if credentials are asked for.
func (ns *Stack) takeStream(s *Socket, n, flags, off int, to scatter, a *Arrival) int64 {
	done := 0
	peek := flags&abi.MSG_PEEK != 0
	on := peek && !s.IsTCP() // looking on, for descriptors
	for at := 0; at < len(s.Queue) && (on || done < n || n == 0); {
		p := &s.Queue[at]
		if s.Opts.PassCred && done > 0 && p.cred != a.Cred {
			break
		}
		part := p.Data[:min(n-done, len(p.Data))]
		if !(s.IsTCP() && flags&abi.MSG_TRUNC != 0) && len(part) > 0 && !to(off+done, part) {
			if done > 0 {
				break
			}
			return -EFAULT
		}
		done += len(part)
		a.Cred, a.WithCred = p.cred, true
		if !s.IsTCP() && s.Peer != nil {
			a.from, a.hasFrom = p.sender(), true
		}
		rights := p.rights
		if peek {
			a.Rights = ns.duplicate(rights)
			at++
		} else {
			a.Rights, p.rights = rights, nil
			p.Data = p.Data[len(part):]
			if len(p.Data) > 0 {
				break
			}
			ns.dropPacket(s)
		}
		if len(rights) > 0 || n == 0 && !on {
			break
		}
	}
	if done > 0 && !peek && s.IsTCP() && s.Peer != nil {
		ns.WakeOut(s.Peer)
	}
	return int64(done)
}

// duplicate takes references to the files of a message that is only looked at.
func (ns *Stack) duplicate(rights []File) []File {
	for _, f := range rights {
		f.Hold()
	}
	return slices.Clone(rights)
}

// receiveDatagram takes one datagram (unix_dgram_recvmsg, udp_recvmsg).
func (ns *Stack) receiveDatagram(by Caller, s *Socket, n, flags int, to scatter, a *Arrival) int64 {
	if s.Kind == abi.SOCK_SEQPACKET && s.state != Connected {
		return -ENOTCONN
	}
	switch {
	case s.Err != 0:
		return s.TakeError()
	case len(s.Queue) == 0:
		again := -EAGAIN
		if s.NoReceive {
			waits := flags&abi.MSG_DONTWAIT == 0 && !by.NonBlocking()
			if waits || s.Kind == abi.SOCK_SEQPACKET {
				return 0
			}
			return again
		}
		return by.Wait(flags, s.Opts.ReceiveTimeout, again)
	}
	p := s.Queue[0]
	part := p.Data[:min(n, len(p.Data))]
	if len(part) > 0 && !to(0, part) {
		return -EFAULT
	}
	r := int64(len(part))
	if len(part) < len(p.Data) {
		a.Flags |= abi.MSG_TRUNC
		if flags&abi.MSG_TRUNC != 0 {
			r = int64(len(p.Data))
		}
	}
	a.from, a.hasFrom = p.sender(), true
	a.Cred, a.WithCred = p.cred, true
	if flags&abi.MSG_PEEK != 0 {
		a.Rights = ns.duplicate(p.rights)
		return r
	}
	a.Rights = p.rights
	s.Queue[0].rights = nil
	ns.dropPacket(s)
	return r
}
