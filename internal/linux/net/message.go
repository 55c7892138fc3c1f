package net

import (
	"slices"

	"trapline/internal/linux/abi"
)

// Message is what one call sends: its bytes, and what may come with them.
type Message struct {
	Data   []byte
	To     []byte // an address, if hasTo
	HasTo  bool
	Rights []File // of which the message does not hold references yet
	Cred   Credentials
	Given  bool // Cred was named by the sender
	Pages  bool // Data is pages of a file or pipe (unix_stream_sendpage())
	Flags  int
	Check  func() int64 // reads what is sent beside bytes; nil: nothing is
}

// checked reads what is sent beside bytes, when it is that error's turn.
func (m *Message) checked() int64 {
	if m.Check == nil {
		return 0
	}
	check := m.Check
	m.Check = nil
	return check()
}

// Arrival is what one call receives beside bytes.
type Arrival struct {
	Flags    int // MSG_TRUNC and the like
	from     Name
	hasFrom  bool
	Rights   []File
	Cred     Credentials
	WithCred bool
}

// scatter takes received bytes, off bytes after the call's first one. False: they have no
// place (EFAULT).
type scatter func(off int, b []byte) bool

// Send sends a message.
func (ns *Stack) Send(by Caller, s *Socket, m *Message) int64 {
	if m.Flags&abi.MSG_OOB != 0 {
		return -ENOTSUP // urgent data is not modelled
	}
	switch {
	case s.IsTCP() && m.Flags&abi.MSG_FASTOPEN != 0: // net.ipv4.tcp_fastopen is 0
		return -ENOTSUP
	case s.IsTCP():
		return ns.sendTCP(by, s, m)
	case s.IsUDP() && m.Flags&abi.MSG_MORE != 0: // datagrams are not put together
		return -ENOTSUP
	case s.IsUDP():
		return ns.sendUDP(s, m)
	case s.IsNetlink():
		return ns.sendNetlink(by, s, m)
	}
	if s.Kind == abi.SOCK_SEQPACKET {
		switch {
		case s.Err != 0:
			return s.TakeError()
		case s.state != Connected:
			return -ENOTCONN
		}
		m.HasTo = false
	}
	if r := m.checked(); r != 0 {
		return r
	}
	if s.IsStream() {
		return ns.sendUnixStream(by, s, m)
	}
	return ns.sendUnixDatagram(by, s, m)
}

// Receive receives up to n bytes.
func (ns *Stack) Receive(by Caller, s *Socket, n, flags int, to scatter, a *Arrival) int64 {
	if flags&abi.MSG_ERRQUEUE != 0 {
		return -EAGAIN
	}
	if flags&abi.MSG_OOB != 0 {
		if s.IsTCP() {
			return -EINVAL // no urgent data has come
		}
		return -ENOTSUP
	}
	if s.IsStream() {
		r := ns.receiveStream(by, s, n, flags, to, a)
		if r >= 0 && n > 0 && flags&abi.MSG_PEEK == 0 && len(s.Queue) == 0 { // the FIN goes with the last bytes
			s.finUnread = false
		}
		return r
	}
	return ns.receiveDatagram(by, s, n, flags, to, a)
}

// noRoom reports whether all queues together hold as much as they may.
func (ns *Stack) noRoom(n int) bool { return ns.SocketBytes+n > MaxSocketBytes }

// flight takes references to what a message carries, or says why it may not.
func (ns *Stack) flight(rights []File) int64 {
	if len(rights) == 0 {
		return 0
	}
	n := len(rights)
	for _, s := range ns.kernel.Sockets() {
		for _, p := range s.Queue {
			n += len(p.rights)
		}
	}
	if n > maxInFlight {
		return -ETOOMANYREFS
	}
	for _, f := range rights {
		f.Hold()
	}
	return 0
}

// sendUnixStream is unix_stream_sendmsg: pieces as large as one buffer, while the send
// buffer has room.
func (ns *Stack) sendUnixStream(by Caller, s *Socket, m *Message) int64 {
	o := s.Peer
	switch {
	case m.HasTo && s.state == Connected:
		return -EISCONN
	case m.HasTo:
		return -ENOTSUP
	case o == nil && s.state != Connected:
		return -ENOTCONN
	}
	broken := func() int64 {
		if by.Moved() > 0 {
			return int64(by.Moved())
		}
		return by.BrokenPipe(m.Flags)
	}
	if s.noSend {
		return broken()
	}
	for by.Moved() < len(m.Data) {
		const head, most = 3776, 3776 + 32768 // SKB_MAX_HEAD(0); and UNIX_SKB_FRAGS_SZ
		n := min(len(m.Data)-by.Moved(), s.Opts.Sndbuf>>1-64, most)
		pages := min(n, pagesUp(max(0, n-head)))
		switch {
		case s.Err != 0:
			return by.Partial(s.TakeError())
		case s.noSend:
			return broken()
		case s.Sent >= s.Opts.Sndbuf:
			s.noSpace = true
			return by.PartialWait(m.Flags, s.Opts.SendTimeout, -EAGAIN)
		case o == nil || o.dead || o.NoReceive:
			ns.unsent(s)
			return broken()
		}
		p := Packet{By: s, weight: headWeight(n-pages) + pagesUp(pages), cred: ns.credentialsTo(m, s, o)}
		if m.Pages {
			p.weight = headWeight(0) + n
		}
		if ns.noRoom(p.weight) {
			return by.Partial(-ENOBUFS)
		}
		if by.Moved() == 0 && len(m.Rights) > 0 {
			if r := ns.flight(m.Rights); r != 0 {
				return r
			}
			p.rights = m.Rights
		}
		p.Data = m.Data[by.Moved() : by.Moved()+n]
		by.Move(n)
		ns.enqueue(o, p)
	}
	return int64(len(m.Data))
}

// unsent is the end of a buffer that could not be sent: it was part of what s had sent, and
// now there is room (sock_wfree).
func (ns *Stack) unsent(s *Socket) {
	if s.unixWritable() {
		ns.WakeOut(s)
	}
}

// credentialsTo are the ones that a message brings: nobody's, unless they are named or one
// of both asks for them, or the other is not accepted yet (maybe_add_creds).
func (ns *Stack) credentialsTo(m *Message, s, o *Socket) Credentials {
	const overflow = 65534
	waits := func(l *Socket) bool { return slices.Contains(l.Backlog, o) }
	if m.Given || s.Opts.PassCred || o.Opts.PassCred || o.child && slices.ContainsFunc(ns.Sockets, waits) {
		return m.Cred
	}
	return Credentials{0, overflow, overflow}
}

// sendUnixDatagram is unix_dgram_sendmsg, of SOCK_SEQPACKET too.
func (ns *Stack) sendUnixDatagram(by Caller, s *Socket, m *Message) int64 {
	o := s.Peer
	named := m.HasTo
	var name Name
	if named {
		var r int64
		if name, r = parseUnix(m.To); r != 0 {
			return r
		}
		o = nil
	}
	if s.Opts.PassCred && !s.Local.Named {
		ns.autobindUnix(s)
	}
	const most = 16064 // SKB_MAX_ALLOC
	pages := pagesUp(max(0, len(m.Data)-most))
	switch {
	case len(m.Data) > s.Opts.Sndbuf-32:
		return -EMSGSIZE
	case s.Err != 0:
		return s.TakeError()
	case s.noSend:
		return -EPIPE
	case s.Sent >= s.Opts.Sndbuf:
		s.noSpace = true
		return by.Wait(m.Flags, s.Opts.SendTimeout, -EAGAIN)
	}
	if named {
		var r int64
		if o, r = ns.findUnix(by, s, name); r != 0 {
			ns.unsent(s)
			return r
		}
	}
	switch {
	case o == nil:
		ns.unsent(s)
		return -ENOTCONN
	case !maySend(s, o):
		ns.unsent(s)
		return -EPERM
	case o.dead:
		s.Peer = nil
		s.become(Closed)
		ns.disconnected(s, o)
		ns.WakeOut(s)
		return -ECONNREFUSED
	case o.NoReceive:
		ns.unsent(s)
		return -EPIPE
	case o != s && o.Peer != s && len(o.Queue) > MaxQueuedUnix:
		return by.Wait(m.Flags, s.Opts.SendTimeout, -EAGAIN)
	}
	p := Packet{Data: m.Data, By: s, weight: headWeight(len(m.Data)-min(pages, len(m.Data))) + pages, rights: m.Rights, cred: ns.credentialsTo(m, s, o)}
	if ns.noRoom(p.weight) {
		return -ENOBUFS
	}
	if r := ns.flight(m.Rights); r != 0 {
		return r
	}
	ns.enqueue(o, p)
	return int64(len(m.Data))
}
