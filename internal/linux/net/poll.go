package net

import (
	"trapline/internal/linux/abi"
)

// Events of sockets.
const (
	pollRead  = abi.POLLIN | abi.POLLRDNORM
	pollWrite = abi.POLLOUT | abi.POLLWRNORM
)

// Poll says which events hold for s (tcp_poll, datagram_poll, unix_poll).
func (s *Socket) Poll() uint16 {
	var r uint16
	if s.IsTCP() && s.state == Listening {
		if len(s.Backlog) > 0 {
			r = pollRead
		}
		return r
	}
	if s.Err != 0 {
		r |= abi.POLLERR
	}
	if s.NoReceive {
		r |= pollRead | abi.POLLRDHUP
	}
	if s.NoReceive && s.noSend {
		r |= abi.POLLHUP
	}
	if s.IsTCP() {
		return r | s.pollTCP()
	}
	if len(s.Queue) > 0 || s.state == Listening && len(s.Backlog) > 0 {
		r |= pollRead
	}
	if s.Family != abi.AF_UNIX {
		return r | pollWrite | abi.POLLWRBAND
	}
	if s.Kind != abi.SOCK_DGRAM && s.state == Closed {
		r |= abi.POLLHUP
	}
	full := false
	if o := s.Peer; o != nil && s.Kind != abi.SOCK_STREAM {
		full = o.Peer != s && len(o.Queue) > MaxQueuedUnix
	}
	if s.unixWritable() && !full {
		r |= pollWrite | abi.POLLWRBAND
	} else if s.Kind != abi.SOCK_STREAM {
		s.noSpace = true
	}
	return r
}

func (s *Socket) pollTCP() uint16 {
	var r uint16
	if s.state == Closed {
		r |= abi.POLLHUP
	}
	if s.state == Connecting {
		return r
	}
	if s.Available() >= max(1, s.Opts.Rcvlowat) {
		r |= pollRead
	}
	if s.noSend || s.hasSpace() {
		r |= pollWrite
	} else {
		s.noSpace = true
	}
	return r
}

// hasSpace reports whether who waits to send is woken (unix_writable, sk_stream_is_writeable).
func (s *Socket) hasSpace() bool {
	if s.Family == abi.AF_UNIX {
		return s.unixWritable()
	}
	return s.Peer == nil || 2*s.tcpRoom() >= s.Peer.queued
}
