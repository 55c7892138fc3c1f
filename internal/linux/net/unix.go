package net

import (
	"fmt"

	"trapline/internal/linux/abi"
)

// AF_UNIX (unix(7)), as net/unix/af_unix.c of Linux 6.1 decides.

// MaxQueuedUnix is how many datagrams wait at a socket before senders wait for it
// (net.unix.max_dgram_qlen).
const MaxQueuedUnix = 10

// unixWritable is the kernel's: a quarter of the send buffer is in use at most.
func (s *Socket) unixWritable() bool { return s.state != Listening && s.Sent<<2 <= s.Opts.Sndbuf }

// SocketPair makes two sockets of AF_UNIX that are connected.
func (ns *Stack) SocketPair(by Credentials, kind int) (a, b *Socket, r int64) {
	if a, r = ns.NewSocket(abi.AF_UNIX, kind, 0); r != 0 {
		return nil, nil, r
	}
	if b, r = ns.NewSocket(abi.AF_UNIX, kind, 0); r != 0 {
		ns.ReleaseSocket(a)
		return nil, nil, r
	}
	a.Peer, b.Peer = b, a
	a.become(Connected)
	b.become(Connected)
	a.Cred, b.Cred = by, by
	return a, b, 0
}

// findUnix is the socket of s's kind that an address leads to (unix_find_other).
func (ns *Stack) findUnix(by Caller, s *Socket, n Name) (*Socket, int64) {
	const refused = -ECONNREFUSED
	if n.Path[0] == 0 {
		if o := ns.abstract(n, s.Kind); o != nil {
			return o, 0
		}
		return nil, refused
	}
	at, r := by.Lookup(n.Path)
	if r != 0 {
		return nil, r
	}
	bound, _ := at.(*Socket)
	switch {
	case bound == nil || bound.dead: // another file, or a socket of the host's, which nothing reaches
		return nil, refused
	case bound.Kind != s.Kind:
		return nil, -EPROTOTYPE
	}
	return bound, 0
}

// BindAbstract gives s an address without a name in the tree; false: it has one, which
// the caller makes.
func (ns *Stack) BindAbstract(s *Socket, b []byte) (n Name, done bool, r int64) {
	if len(b) == familySize && addressFamily(b) == abi.AF_UNIX {
		ns.autobindUnix(s)
		return n, true, 0
	}
	n, r = parseUnix(b)
	switch {
	case r != 0:
		return n, true, r
	case n.Path[0] != 0:
		return n, false, 0
	case s.Local.Named:
		return n, true, -EINVAL
	case ns.abstract(n, s.Kind) != nil:
		return n, true, -EADDRINUSE
	}
	s.Local = n
	return n, true, 0
}

// autobindUnix gives s an abstract name of five hexadecimal digits that is free.
func (ns *Stack) autobindUnix(s *Socket) {
	if s.Local.Named {
		return
	}
	for {
		ns.lastName++
		n := Name{Named: true, Path: fmt.Sprintf("\x00%05x", ns.lastName&0xfffff)}
		if ns.abstract(n, s.Kind) == nil {
			s.Local = n
			return
		}
	}
}

// abstract is the socket of a kind that has an abstract name, or nil.
func (ns *Stack) abstract(n Name, kind int) *Socket {
	for _, o := range ns.Sockets {
		if o.Family == abi.AF_UNIX && o.Kind == kind && o.Local == n && !o.child {
			return o
		}
	}
	return nil
}

func (ns *Stack) ConnectUnix(by Caller, s *Socket, b []byte) int64 {
	if !s.IsStream() && s.Kind != abi.SOCK_SEQPACKET {
		return ns.connectUnixDatagram(by, s, b)
	}
	n, r := parseUnix(b)
	if r != 0 {
		return r
	}
	if s.Opts.PassCred && !s.Local.Named {
		ns.autobindUnix(s)
	}
	o, r := ns.findUnix(by, s, n)
	switch {
	case r != 0:
		return r
	case o.state != Listening || o.NoReceive:
		return -ECONNREFUSED
	case len(o.Backlog) > o.backlogMax:
		return by.Wait(0, s.Opts.SendTimeout, -EAGAIN)
	case s.state == Connected:
		return -EISCONN
	case s.state != Closed:
		return -EINVAL
	}
	c, r := ns.NewSocket(abi.AF_UNIX, s.Kind, 0)
	if r != 0 {
		return r
	}
	c.become(Connected)
	s.become(Connected)
	c.Peer, s.Peer = s, c
	c.Local, c.child = o.Local, true
	c.Cred, s.Cred = by.Credentials(), o.Cred
	c.Opts.PassCred = o.Opts.PassCred
	o.Backlog = append(o.Backlog[:len(o.Backlog):len(o.Backlog)], c)
	ns.wakeIn(o)
	return 0
}

// connectUnixDatagram names where datagrams go by default.
func (ns *Stack) connectUnixDatagram(by Caller, s *Socket, b []byte) int64 {
	if len(b) < 2 {
		return -EINVAL
	}
	var o *Socket
	if addressFamily(b) != abi.AF_UNSPEC {
		n, r := parseUnix(b)
		if r != 0 {
			return r
		}
		if s.Opts.PassCred && !s.Local.Named {
			ns.autobindUnix(s)
		}
		if o, r = ns.findUnix(by, s, n); r != 0 {
			return r
		}
		if !maySend(s, o) {
			return -EPERM
		}
		s.become(Connected)
		o.become(Connected)
	} else {
		s.become(Closed)
	}
	old := s.Peer
	s.Peer = o
	if old != nil {
		ns.WakeOut(s) // unix_dgram_peer_wake_disconnect_wakeup
	}
	if old != nil && old != o {
		ns.disconnected(s, old)
	}
	ns.kernel.Changed()
	return 0
}

// maySend reports whether o takes datagrams of s: it is connected to nobody else.
func maySend(s, o *Socket) bool { return o.Peer == nil || o.Peer == s }

// disconnected throws away what a datagram socket got from its old peer, which is told.
func (ns *Stack) disconnected(s, old *Socket) {
	if len(s.Queue) == 0 {
		return
	}
	ns.purge(s)
	if !old.dead && old.Peer == s {
		old.Err = abi.ECONNRESET
		ns.failed(old)
	}
}

func (ns *Stack) ListenUnix(by Caller, s *Socket, backlog int) int64 {
	switch {
	case !s.IsStream() && s.Kind != abi.SOCK_SEQPACKET:
		return -ENOTSUP
	case !s.Local.Named, s.state != Closed && s.state != Listening:
		return -EINVAL
	}
	if backlog > s.backlogMax {
		ns.kernel.Changed()
	}
	s.become(Listening)
	s.backlogMax = backlog
	s.Cred = by.Credentials()
	return 0
}

// closeUnix is the end of a socket. Who is connected to it learns of it, with an error
// if something was not read or, with unborn, the connection not accepted.
func (ns *Stack) closeUnix(s *Socket, unborn bool) {
	peer, listening := s.Peer, s.state == Listening
	s.become(Closed)
	if peer != nil {
		if s.Kind != abi.SOCK_DGRAM && peer.Peer == s {
			peer.NoReceive, peer.noSend = true, true
			unread := len(s.Queue) > 1 || len(s.Queue) == 1 && len(s.Queue[0].Data) > 0
			if unread || unborn {
				peer.Err = abi.ECONNRESET
			}
			ns.wakeAll(peer)
			ns.hungUp(peer)
		}
		s.Peer = nil
	}
	if !listening {
		return
	}
	for _, c := range s.Backlog {
		c.dead = true
		ns.closeUnix(c, true)
		ns.purge(c)
		ns.forget(c)
	}
	s.Backlog = nil
}

func (ns *Stack) ShutdownUnix(s *Socket, receive, send bool) int64 {
	s.NoReceive, s.noSend = s.NoReceive || receive, s.noSend || send
	if p := s.Peer; p != nil && s.Kind != abi.SOCK_DGRAM {
		p.NoReceive, p.noSend = p.NoReceive || send, p.noSend || receive
		ns.wakeAll(p)
		switch {
		case send && receive:
			ns.kernel.Async(p, abi.POLL_HUP)
		case send:
			ns.kernel.Async(p, abi.POLL_IN)
		}
	}
	ns.wakeAll(s)
	return 0
}
