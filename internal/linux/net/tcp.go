package net

import (
	"slices"

	"trapline/internal/linux/abi"
)

// TCP over the loopback interface, where every segment arrives at once and in order.

// ConnectTCP is inet_stream_connect. A connection that a listener has room for is made
// at once, but a descriptor that does not block is told EINPROGRESS, as on Linux.
func (ns *Stack) ConnectTCP(by Caller, s *Socket, b []byte) int64 {
	switch {
	case len(b) < 2:
		return -EINVAL
	case addressFamily(b) == abi.AF_UNSPEC:
		ns.disconnectTCP(s)
		return 0
	}
	retry := by.Waited()
	switch {
	case s.phase == connectDone:
		return -EISCONN
	case s.phase == connectBroken:
		return -EINVAL
	case s.phase == notConnected:
		if s.state != Closed {
			return -EISCONN
		}
		if r := ns.startTCP(s, b); r != 0 {
			return r
		}
		s.connects(connectPending)
		if by.NonBlocking() {
			return -EINPROGRESS
		}
		retry = true
	}
	switch s.state {
	case Connecting:
		if !retry {
			return by.Wait(0, s.Opts.SendTimeout, -EALREADY)
		}
		return by.Wait(0, s.Opts.SendTimeout, -EINPROGRESS)
	case Closed:
		r := s.TakeError()
		ns.disconnectTCP(s)
		if r == 0 {
			r = -ECONNABORTED
		}
		return r
	}
	s.connects(connectDone)
	return 0
}

// startTCP sends the SYN.
func (ns *Stack) startTCP(s *Socket, b []byte) int64 {
	to, r := parseInet(s.Family, b)
	if r != 0 {
		return r
	}
	to, from, r := s.destination(to)
	if r != 0 {
		return r
	}
	if r := ns.autobind(s); r != 0 {
		return r
	}
	if isAny(s.Local.IP) {
		s.Local.IP = from
	}
	if slices.ContainsFunc(ns.Sockets, func(o *Socket) bool {
		return o != s && o.IsTCP() && o.Remote == to && o.Local.IP == s.Local.IP && o.Local.Port == s.Local.Port && o.state != Closed
	}) {
		return -EADDRNOTAVAIL
	}
	s.Remote = to
	s.ended, s.finUnread, s.Err = false, false, 0
	l := ns.listener(s, to)
	switch {
	case s.Local.IP == to.IP && s.Local.Port == to.Port: // both SYNs cross
		s.become(Connected)
		s.Peer = s
		ns.growTCP(s)
		if s.noSend { // from before (tcp_rcv_state_process, TCP_SYN_RECV)
			ns.finTCP(s)
		}
	case l == nil:
		s.Err = abi.ECONNREFUSED
		ns.doneTCP(s)
	case len(l.Backlog) > l.backlogMax || len(ns.Sockets) >= MaxSockets:
		s.become(Connecting)
		l.waiting = append(l.waiting[:len(l.waiting):len(l.waiting)], s)
	default:
		ns.admit(l, s)
	}
	return 0
}

// listener is the socket that takes connections to an address, or nil: one bound to the
// address before one bound to any, and of several (SO_REUSEPORT) one by the caller's port.
func (ns *Stack) listener(s *Socket, to Name) *Socket {
	var found []*Socket
	best := 0
	for _, o := range ns.Sockets {
		if !o.IsTCP() || o.state != Listening || o.Local.Port != to.Port || !o.covers(to.IP) {
			continue
		}
		score := 1
		if o.Local.IP == to.IP {
			score = 3
		} else if isIPv4(o.Local.IP) == isIPv4(to.IP) {
			score = 2
		}
		if score > best {
			best, found = score, nil
		}
		if score == best {
			found = append(found, o)
		}
	}
	if found == nil {
		return nil
	}
	return found[int(s.Local.Port)%len(found)]
}

// admit makes the server's end of a connection and queues it to be accepted.
func (ns *Stack) admit(l, s *Socket) {
	c, r := ns.NewSocket(l.Family, l.Kind, l.Protocol)
	if r != 0 {
		return
	}
	c.Opts = l.Opts
	c.Local, c.Remote = s.Remote, s.Local
	c.child, c.Bound, c.fixedIP = true, boundByUse, l.fixedIP
	c.connects(connectDone)
	c.become(Connected)
	s.become(Connected)
	c.Peer, s.Peer = s, c
	ns.growTCP(c)
	ns.growTCP(s)
	l.Backlog = append(l.Backlog[:len(l.Backlog):len(l.Backlog)], c)
	ns.wakeIn(l)
	ns.wakeAll(s)
	ns.kernel.Async(s, abi.POLL_OUT)
}

func (ns *Stack) growTCP(s *Socket) {
	if !s.Opts.SizedSend {
		s.Opts.Sndbuf = tcpGrownBuffer
	}
}

// AdmitWaiting makes the connections that a listener has room for now.
func (ns *Stack) AdmitWaiting(l *Socket) {
	for len(l.waiting) > 0 && len(l.Backlog) <= l.backlogMax && len(ns.Sockets) < MaxSockets {
		s := l.waiting[0]
		l.waiting = l.waiting[1:]
		ns.admit(l, s)
	}
}

func (ns *Stack) ListenTCP(s *Socket, backlog int) int64 {
	switch {
	case s.IsUDP():
		return -ENOTSUP
	case s.phase != notConnected, s.state != Closed && s.state != Listening:
		return -EINVAL
	}
	if s.state == Closed {
		if s.Bound == Unbound {
			if r := ns.autobind(s); r != 0 {
				return -EADDRINUSE
			}
		} else if ns.conflicts(s, true) {
			return -EADDRINUSE
		}
	}
	s.become(Listening)
	s.backlogMax = backlog
	ns.AdmitWaiting(s)
	return 0
}

// doneTCP is the end of a connection (tcp_done).
func (ns *Stack) doneTCP(s *Socket) {
	s.become(Closed)
	s.NoReceive, s.noSend = true, true
	if s.Bound == boundByUse {
		s.Bound = Unbound
	}
	ns.wakeAll(s)
}

// finTCP sends FIN after a shutdown or close.
func (ns *Stack) finTCP(s *Socket) {
	o := s.Peer
	last := s.state == CloseWait
	if last {
		ns.doneTCP(s)
	} else {
		s.become(FinWait)
	}
	o.NoReceive, o.ended, o.finUnread, s.moved.fin = true, true, true, true
	switch o.state {
	case Connected:
		o.become(CloseWait)
	case FinWait:
		ns.hold(o)
		ns.doneTCP(o)
	}
	ns.wakeAll(o)
	ns.hungUp(o)
	ns.kernel.Async(o, abi.POLL_IN) // a FIN is something to read, too (SOCK_DONE)
}

// resetTCP is the arrival of RST (tcp_reset).
func (ns *Stack) resetTCP(s *Socket) {
	switch s.state {
	case Closed:
		return
	case Connecting:
		s.Err = abi.ECONNREFUSED
	case CloseWait:
		s.Err = abi.EPIPE
	default:
		s.Err = abi.ECONNRESET
	}
	ns.doneTCP(s)
	ns.failed(s)
}

// connected reports whether s is in a connection that still has two ends.
func (s *Socket) inConnection() bool {
	return s.state == Connected || s.state == FinWait || s.state == CloseWait
}

// stopListening resets the connections that nobody has accepted.
func (ns *Stack) stopListening(s *Socket) {
	s.become(Closed)
	for _, c := range s.Backlog {
		ns.abort(c)
		c.dead = true
		ns.purge(c)
		ns.forget(c)
	}
	for _, c := range s.waiting {
		ns.resetTCP(c)
	}
	s.Backlog, s.waiting = nil, nil
}

// abort ends a connection by RST.
func (ns *Stack) abort(s *Socket) {
	in := s.inConnection()
	ns.doneTCP(s)
	if in && s.Peer != nil {
		ns.resetTCP(s.Peer)
	}
}

// closeTCP is __tcp_close.
func (ns *Stack) closeTCP(s *Socket) {
	switch {
	case s.state == Listening:
		ns.stopListening(s)
	case s.state == Connecting:
		ns.leaveListener(s)
		s.become(Closed)
	case !s.inConnection():
	case len(s.Queue) > 0 || s.Opts.Lingers && s.Opts.Linger == 0:
		ns.abort(s)
	case s.state == FinWait:
		ns.hold(s)
	default:
		if s.state == Connected {
			ns.hold(s)
		}
		s.NoReceive, s.noSend = true, true
		ns.finTCP(s)
	}
}

// leaveListener takes back a SYN that nobody has answered.
func (ns *Stack) leaveListener(s *Socket) {
	for _, l := range ns.Sockets {
		if i := slices.Index(l.waiting, s); i >= 0 {
			l.waiting = slices.Delete(slices.Clone(l.waiting), i, i+1)
		}
	}
}

// disconnectTCP is tcp_disconnect: the socket is as new but for a port that was asked for.
func (ns *Stack) disconnectTCP(s *Socket) {
	was := s.state
	switch {
	case s.state == Listening:
		ns.stopListening(s)
	case s.state == Connecting:
		ns.leaveListener(s)
		s.Err = abi.ECONNRESET
	case s.inConnection():
		ns.abort(s)
		s.Err = abi.ECONNRESET
	}
	ns.purge(s)
	s.become(Closed)
	s.connects(notConnected)
	s.Peer = nil
	s.Remote = Name{}
	s.moved = transferred{}
	s.NoReceive, s.noSend, s.ended, s.finUnread = false, false, false, false
	if was != Closed || s.Bound != boundByUse { // only tcp_set_state() gives up a port
		ns.unbind(s)
	} else if !s.fixedIP {
		s.Local.IP = AnyIP(s.Family)
	}
	ns.wakeAll(s)
}

// ShutdownInet is inet_shutdown.
func (ns *Stack) ShutdownInet(s *Socket, receive, send bool) int64 {
	r := int64(0)
	if s.IsTCP() && s.phase == connectPending {
		next := connectDone
		if s.state == Connecting || s.state == Closed {
			next = connectBroken
		}
		s.connects(next)
	}
	switch {
	case s.IsTCP() && (s.state == Listening && receive || s.state == Connecting):
		ns.disconnectTCP(s)
	case s.state == Listening:
	default:
		if s.state == Closed {
			r = -ENOTCONN
		}
		s.NoReceive, s.noSend = s.NoReceive || receive, s.noSend || send
		if send && s.IsTCP() && (s.state == Connected || s.state == CloseWait) {
			ns.finTCP(s)
		}
	}
	ns.wakeAll(s)
	return r
}
