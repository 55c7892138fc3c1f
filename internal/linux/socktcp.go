package linux

import (
	"slices"

	"trapline/internal/linux/abi"
)

// TCP over the loopback interface, where every segment arrives at once and in order.

// connectTCP is inet_stream_connect. A connection that a listener has room for is made
// at once, but a descriptor that does not block is told EINPROGRESS, as on Linux.
func (k *Kernel) connectTCP(t *Thread, f *File, b []byte) int64 {
	s := f.sock
	switch {
	case len(b) < 2:
		return -EINVAL
	case le.Uint16(b) == abi.AF_UNSPEC:
		k.disconnectTCP(s)
		return 0
	}
	retry := t.state == stateBlocked
	switch {
	case s.phase == connectDone:
		return -EISCONN
	case s.phase == connectBroken:
		return -EINVAL
	case s.phase == notConnected:
		if s.state != sockClosed {
			return -EISCONN
		}
		if r := k.startTCP(s, b); r != 0 {
			return r
		}
		s.connects(connectPending)
		if f.flags&abi.O_NONBLOCK != 0 {
			return -EINPROGRESS
		}
		retry = true
	}
	switch s.state {
	case sockConnecting:
		if !retry {
			return t.waitSocket(f, 0, s.opts.sendTimeout, -EALREADY)
		}
		return t.waitSocket(f, 0, s.opts.sendTimeout, -EINPROGRESS)
	case sockClosed:
		r := s.takeError()
		k.disconnectTCP(s)
		if r == 0 {
			r = -ECONNABORTED
		}
		return r
	}
	s.connects(connectDone)
	return 0
}

// startTCP sends the SYN.
func (k *Kernel) startTCP(s *socket, b []byte) int64 {
	to, r := parseInet(s.family, b)
	if r != 0 {
		return r
	}
	to, from, r := s.destination(to)
	if r != 0 {
		return r
	}
	if r := k.autobind(s); r != 0 {
		return r
	}
	if isAny(s.local.ip) {
		s.local.ip = from
	}
	if slices.ContainsFunc(k.sockets, func(o *socket) bool {
		return o != s && o.isTCP() && o.remote == to && o.local.ip == s.local.ip && o.local.port == s.local.port && o.state != sockClosed
	}) {
		return -EADDRNOTAVAIL
	}
	s.remote = to
	s.ended, s.err = false, 0
	l := k.listener(s, to)
	switch {
	case s.local.ip == to.ip && s.local.port == to.port: // both SYNs cross
		s.become(sockConnected)
		s.peer = s
		k.growTCP(s)
	case l == nil:
		s.err = abi.ECONNREFUSED
		k.doneTCP(s)
	case len(l.backlog) > l.backlogMax || len(k.sockets) >= maxSockets:
		s.become(sockConnecting)
		l.waiting = append(l.waiting[:len(l.waiting):len(l.waiting)], s)
	default:
		k.admit(l, s)
	}
	return 0
}

// listener is the socket that takes connections to an address, or nil: one bound to the
// address before one bound to any, and of several (SO_REUSEPORT) one by the caller's port.
func (k *Kernel) listener(s *socket, to sockName) *socket {
	var found []*socket
	best := 0
	for _, o := range k.sockets {
		if !o.isTCP() || o.state != sockListening || o.local.port != to.port || !o.covers(to.ip) {
			continue
		}
		score := 1
		if o.local.ip == to.ip {
			score = 3
		} else if isIPv4(o.local.ip) == isIPv4(to.ip) {
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
	return found[int(s.local.port)%len(found)]
}

// admit makes the server's end of a connection and queues it to be accepted.
func (k *Kernel) admit(l, s *socket) {
	c, r := k.newSocket(l.family, l.kind, l.protocol)
	if r != 0 {
		return
	}
	c.opts = l.opts
	c.local, c.remote = s.remote, s.local
	c.child, c.bound, c.fixedIP = true, boundByUse, l.fixedIP
	c.connects(connectDone)
	c.become(sockConnected)
	s.become(sockConnected)
	c.peer, s.peer = s, c
	k.growTCP(c)
	k.growTCP(s)
	l.backlog = append(l.backlog[:len(l.backlog):len(l.backlog)], c)
	k.wakeIn(l)
	k.wakeAll(s)
}

func (k *Kernel) growTCP(s *socket) {
	if !s.opts.sizedSend {
		s.opts.sndbuf = tcpGrownBuffer
	}
}

// admitWaiting makes the connections that a listener has room for now.
func (k *Kernel) admitWaiting(l *socket) {
	for len(l.waiting) > 0 && len(l.backlog) <= l.backlogMax && len(k.sockets) < maxSockets {
		s := l.waiting[0]
		l.waiting = l.waiting[1:]
		k.admit(l, s)
	}
}

func (k *Kernel) listenTCP(s *socket, backlog int) int64 {
	switch {
	case s.isUDP():
		return -ENOTSUP
	case s.phase != notConnected, s.state != sockClosed && s.state != sockListening:
		return -EINVAL
	}
	if s.state == sockClosed {
		if s.bound == unbound {
			if r := k.autobind(s); r != 0 {
				return -EADDRINUSE
			}
		} else if k.conflicts(s, true) {
			return -EADDRINUSE
		}
	}
	s.become(sockListening)
	s.backlogMax = backlog
	k.admitWaiting(s)
	return 0
}

// doneTCP is the end of a connection (tcp_done).
func (k *Kernel) doneTCP(s *socket) {
	s.become(sockClosed)
	s.noReceive, s.noSend = true, true
	if s.bound == boundByUse {
		s.bound = unbound
	}
	k.wakeAll(s)
}

// finTCP sends FIN after a shutdown or close.
func (k *Kernel) finTCP(s *socket) {
	o := s.peer
	last := s.state == sockCloseWait
	if last {
		k.doneTCP(s)
	} else {
		s.become(sockFinWait)
	}
	o.noReceive, o.ended = true, true
	switch o.state {
	case sockConnected:
		o.become(sockCloseWait)
	case sockFinWait:
		k.hold(o.local)
		k.doneTCP(o)
	}
	k.wakeAll(o)
}

// resetTCP is the arrival of RST (tcp_reset).
func (k *Kernel) resetTCP(s *socket) {
	switch s.state {
	case sockClosed:
		return
	case sockConnecting:
		s.err = abi.ECONNREFUSED
	case sockCloseWait:
		s.err = abi.EPIPE
	default:
		s.err = abi.ECONNRESET
	}
	k.doneTCP(s)
}

// connected reports whether s is in a connection that still has two ends.
func (s *socket) inConnection() bool {
	return s.state == sockConnected || s.state == sockFinWait || s.state == sockCloseWait
}

// stopListening resets the connections that nobody has accepted.
func (k *Kernel) stopListening(s *socket) {
	s.become(sockClosed)
	for _, c := range s.backlog {
		k.abort(c)
		c.dead = true
		k.purge(c)
		k.forget(c)
	}
	for _, c := range s.waiting {
		k.resetTCP(c)
	}
	s.backlog, s.waiting = nil, nil
}

// abort ends a connection by RST.
func (k *Kernel) abort(s *socket) {
	in := s.inConnection()
	k.doneTCP(s)
	if in && s.peer != nil {
		k.resetTCP(s.peer)
	}
}

// closeTCP is __tcp_close.
func (k *Kernel) closeTCP(s *socket) {
	switch {
	case s.state == sockListening:
		k.stopListening(s)
	case s.state == sockConnecting:
		k.leaveListener(s)
		s.become(sockClosed)
	case !s.inConnection():
	case len(s.queue) > 0 || s.opts.lingers && s.opts.linger == 0:
		k.abort(s)
	case s.state == sockFinWait:
		k.hold(s.local)
	default:
		if s.state == sockConnected {
			k.hold(s.local)
		}
		s.noReceive, s.noSend = true, true
		k.finTCP(s)
	}
}

// leaveListener takes back a SYN that nobody has answered.
func (k *Kernel) leaveListener(s *socket) {
	for _, l := range k.sockets {
		if i := slices.Index(l.waiting, s); i >= 0 {
			l.waiting = slices.Delete(slices.Clone(l.waiting), i, i+1)
		}
	}
}

// disconnectTCP is tcp_disconnect: the socket is as new but for a port that was asked for.
func (k *Kernel) disconnectTCP(s *socket) {
	switch {
	case s.state == sockListening:
		k.stopListening(s)
	case s.state == sockConnecting:
		k.leaveListener(s)
		s.err = abi.ECONNRESET
	case s.inConnection():
		k.abort(s)
		s.err = abi.ECONNRESET
	}
	k.purge(s)
	s.become(sockClosed)
	s.connects(notConnected)
	s.peer = nil
	s.remote = sockName{}
	s.noReceive, s.noSend, s.ended = false, false, false
	k.unbind(s)
	k.wakeAll(s)
}

// shutdownInet is inet_shutdown.
func (k *Kernel) shutdownInet(s *socket, receive, send bool) int64 {
	r := int64(0)
	if s.isTCP() && s.phase == connectPending {
		next := connectDone
		if s.state == sockConnecting || s.state == sockClosed {
			next = connectBroken
		}
		s.connects(next)
	}
	switch {
	case s.isTCP() && (s.state == sockListening && receive || s.state == sockConnecting):
		k.disconnectTCP(s)
	case s.state == sockListening:
	default:
		if s.state == sockClosed {
			r = -ENOTCONN
		}
		s.noReceive, s.noSend = s.noReceive || receive, s.noSend || send
		if send && s.isTCP() && (s.state == sockConnected || s.state == sockCloseWait) {
			k.finTCP(s)
		}
	}
	k.wakeAll(s)
	return r
}

// tcpRoom is how many bytes more a sender may put into a connection: half of its own
// buffer and half of the other end's hold data.
func (s *socket) tcpRoom() int {
	if s.peer == nil {
		return 0
	}
	return (s.opts.sndbuf+s.peer.opts.rcvbuf)/2 - s.peer.queued
}

func (k *Kernel) sendTCP(t *Thread, f *File, m *sockMessage) int64 {
	s := f.sock
	if s.state == sockConnecting && s.err == 0 {
		return t.waitSocket(f, m.flags, s.opts.sendTimeout, -EAGAIN)
	}
	if s.state == sockConnected || s.state == sockCloseWait {
		if r := m.checked(); r != 0 {
			return r
		}
	}
	for {
		if s.err != 0 || s.noSend || s.state != sockConnected && s.state != sockCloseWait {
			if t.progress > 0 {
				return int64(t.progress)
			}
			if s.err != 0 && s.err != abi.EPIPE {
				return s.takeError()
			}
			s.err = 0
			return t.brokenPipe(m.flags)
		}
		if t.progress == len(m.data) {
			return int64(len(m.data))
		}
		n := min(len(m.data)-t.progress, s.tcpRoom())
		if n <= 0 {
			return t.partialWait(f, m.flags, s.opts.sendTimeout, -EAGAIN)
		}
		if k.noRoom(n) {
			return t.partial(-ENOBUFS)
		}
		part := m.data[t.progress : t.progress+n]
		t.progress += n
		k.segment(s, part)
	}
}

// segment brings bytes to the other end. One that can receive nothing any more resets
// the connection.
func (k *Kernel) segment(s *socket, b []byte) {
	const joined = 4096 // bytes that short segments are put together to
	o := s.peer
	if o.state == sockClosed || o.state == sockFinWait && o.noReceive {
		k.resetTCP(o)
		k.resetTCP(s)
		return
	}
	if n := len(o.queue); n > 0 && len(o.queue[n-1].data)+len(b) <= joined {
		last := &o.queue[n-1]
		last.data = slices.Concat(last.data, b)
		last.weight += len(b)
		o.queued += len(b)
		k.socketBytes += len(b)
		k.wakeIn(o)
		return
	}
	k.enqueue(o, packet{data: b, weight: len(b)})
}
