package net

import (
	"slices"

	"trapline/internal/linux/abi"
)

// tcpRoom is how many bytes more a sender may put into a connection: half of its own
// buffer and half of the other end's hold data.
func (s *Socket) tcpRoom() int {
	if s.Peer == nil {
		return 0
	}
	return (s.Opts.Sndbuf+s.Peer.Opts.Rcvbuf)/2 - s.Peer.queued
}

func (ns *Stack) sendTCP(by Caller, s *Socket, m *Message) int64 {
	if s.state == Connecting && s.Err == 0 {
		return by.Wait(m.Flags, s.Opts.SendTimeout, -EAGAIN)
	}
	if s.state == Connected || s.state == CloseWait {
		if r := m.checked(); r != 0 {
			return r
		}
	}
	s.noSpace = false
	for {
		if s.Err != 0 || s.noSend || s.state != Connected && s.state != CloseWait {
			if by.Moved() > 0 {
				return int64(by.Moved())
			}
			if s.Err != 0 && s.Err != abi.EPIPE {
				return s.TakeError()
			}
			s.Err = 0
			return by.BrokenPipe(m.Flags)
		}
		if by.Moved() == len(m.Data) {
			return int64(len(m.Data))
		}
		n := min(len(m.Data)-by.Moved(), s.tcpRoom())
		if n <= 0 {
			s.noSpace = true
			return by.PartialWait(m.Flags, s.Opts.SendTimeout, -EAGAIN)
		}
		if ns.noRoom(n) {
			return by.Partial(-ENOBUFS)
		}
		part := m.Data[by.Moved() : by.Moved()+n]
		by.Move(n)
		ns.segment(s, part)
	}
}

// segment brings bytes to the other end. One that can receive nothing any more resets
// the connection.
func (ns *Stack) segment(s *Socket, b []byte) {
	const joined = 4096 // bytes that short segments are put together to
	o := s.Peer
	if o.state == Closed || o.state == FinWait && o.NoReceive {
		ns.resetTCP(o)
		ns.resetTCP(s)
		return
	}
	s.count(o, len(b))
	if n := len(o.Queue); n > 0 && len(o.Queue[n-1].Data)+len(b) <= joined {
		last := &o.Queue[n-1]
		last.Data = slices.Concat(last.Data, b)
		last.weight += len(b)
		o.queued += len(b)
		ns.SocketBytes += len(b)
		ns.wakeIn(o)
		return
	}
	ns.enqueue(o, Packet{Data: b, weight: len(b)})
}
