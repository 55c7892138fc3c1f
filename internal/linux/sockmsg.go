package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/state"
)

// sockMessage is what one call sends: its bytes, and what may come with them.
type sockMessage struct {
	data   []byte
	to     []byte // an address, if hasTo
	hasTo  bool
	rights []*File // of which the message does not hold references yet
	cred   credentials
	flags  int
	check  func() int64 // reads what is sent beside bytes; nil: nothing is
}

// checked reads what is sent beside bytes, when it is that error's turn.
func (m *sockMessage) checked() int64 {
	if m.check == nil {
		return 0
	}
	check := m.check
	m.check = nil
	return check()
}

// arrival is what one call receives beside bytes.
type arrival struct {
	flags    int // MSG_TRUNC and the like
	from     sockName
	hasFrom  bool
	rights   []*File
	cred     credentials
	withCred bool
}

// scatter takes received bytes, off bytes after the call's first one. False: they have no
// place (EFAULT).
type scatter func(off int, b []byte) bool

// send sends a message.
func (k *Kernel) send(t *Thread, f *File, m *sockMessage) int64 {
	s := f.sock
	if m.flags&abi.MSG_OOB != 0 {
		return -ENOTSUP // urgent data is not modelled
	}
	switch {
	case s.isTCP() && m.flags&abi.MSG_FASTOPEN != 0: // net.ipv4.tcp_fastopen is 0
		return -ENOTSUP
	case s.isTCP():
		return k.sendTCP(t, f, m)
	case s.isUDP() && m.flags&abi.MSG_MORE != 0: // datagrams are not put together
		return -ENOTSUP
	case s.isUDP():
		return k.sendUDP(f, m)
	}
	if s.kind == abi.SOCK_SEQPACKET {
		switch {
		case s.err != 0:
			return s.takeError()
		case s.state != sockConnected:
			return -ENOTCONN
		}
		m.hasTo = false
	}
	if r := m.checked(); r != 0 {
		return r
	}
	if s.isStream() {
		return k.sendUnixStream(t, f, m)
	}
	return k.sendUnixDatagram(t, f, m)
}

// receive receives up to n bytes.
func (k *Kernel) receive(t *Thread, f *File, n, flags int, to scatter, a *arrival) int64 {
	s := f.sock
	if flags&abi.MSG_ERRQUEUE != 0 {
		return -EAGAIN
	}
	if flags&abi.MSG_OOB != 0 {
		if s.isTCP() {
			return -EINVAL // no urgent data has come
		}
		return -ENOTSUP
	}
	if s.isStream() {
		return k.receiveStream(t, f, n, flags, to, a)
	}
	return k.receiveDatagram(t, f, n, flags, to, a)
}

// sendBytes and receiveBytes are write and read for calls that move bytes inside the
// kernel, such as sendfile.
func (k *Kernel) sendBytes(t *Thread, f *File, b []byte) int64 {
	return k.send(t, f, &sockMessage{data: b, cred: k.credentialsOf(t)})
}

func (k *Kernel) receiveBytes(t *Thread, f *File, b []byte) int64 {
	return k.receive(t, f, len(b), 0, func(off int, p []byte) bool { copy(b[off:], p); return true }, &arrival{})
}

// brokenPipe is EPIPE with its signal.
func (t *Thread) brokenPipe(flags int) int64 {
	if flags&abi.MSG_NOSIGNAL == 0 {
		t.send(sigInfo{signo: abi.SIGPIPE, code: abi.SI_USER, pid: t.proc.PID})
	}
	return -EPIPE
}

// noRoom reports whether all queues together hold as much as they may.
func (k *Kernel) noRoom(n int) bool { return k.socketBytes+n > maxSocketBytes }

// flight takes references to what a message carries, or says why it may not.
func (k *Kernel) flight(rights []*File) int64 {
	if len(rights) == 0 {
		return 0
	}
	n := len(rights)
	for _, s := range state.All[socket](k.objects()) {
		for _, p := range s.queue {
			n += len(p.rights)
		}
	}
	if n > maxInFlight {
		return -ETOOMANYREFS
	}
	for _, f := range rights {
		f.refs++
	}
	return 0
}

// sendUnixStream is unix_stream_sendmsg: pieces as large as one buffer, while the send
// buffer has room.
func (k *Kernel) sendUnixStream(t *Thread, f *File, m *sockMessage) int64 {
	s, o := f.sock, f.sock.peer
	switch {
	case m.hasTo && s.state == sockConnected:
		return -EISCONN
	case m.hasTo:
		return -ENOTSUP
	case o == nil && s.state != sockConnected:
		return -ENOTCONN
	}
	broken := func() int64 {
		if t.progress > 0 {
			return int64(t.progress)
		}
		return t.brokenPipe(m.flags)
	}
	if s.noSend {
		return broken()
	}
	for t.progress < len(m.data) {
		const head, most = 3776, 3776 + 32768 // SKB_MAX_HEAD(0); and UNIX_SKB_FRAGS_SZ
		n := min(len(m.data)-t.progress, s.opts.sndbuf>>1-64, most)
		pages := min(n, pagesUp(max(0, n-head)))
		switch {
		case s.err != 0:
			return t.partial(s.takeError())
		case s.noSend:
			return broken()
		case s.sent >= s.opts.sndbuf:
			return t.partialWait(f, m.flags, s.opts.sendTimeout, -EAGAIN)
		case o == nil || o.dead || o.noReceive:
			return broken()
		}
		p := packet{by: s, weight: headWeight(n-pages) + pagesUp(pages), cred: m.cred}
		if k.noRoom(p.weight) {
			return t.partial(-ENOBUFS)
		}
		if t.progress == 0 && len(m.rights) > 0 {
			if r := k.flight(m.rights); r != 0 {
				return r
			}
			p.rights = m.rights
		}
		p.data = m.data[t.progress : t.progress+n]
		t.progress += n
		k.enqueue(o, p)
	}
	return int64(len(m.data))
}

// partialWait waits in the middle of a call that has moved some bytes.
func (t *Thread) partialWait(f *File, flags int, timeout uint64, giveUp int64) int64 {
	r := t.waitSocket(f, flags, timeout, t.partial(giveUp))
	if r == resultBlock && t.progress > 0 {
		t.wait.interrupt = int64(t.progress)
	}
	return r
}

// sendUnixDatagram is unix_dgram_sendmsg, of SOCK_SEQPACKET too.
func (k *Kernel) sendUnixDatagram(t *Thread, f *File, m *sockMessage) int64 {
	s, o := f.sock, f.sock.peer
	named := m.hasTo
	var name sockName
	if named {
		var r int64
		if name, r = parseUnix(m.to); r != 0 {
			return r
		}
		o = nil
	}
	if s.opts.passCred && !s.local.named {
		k.autobindUnix(s)
	}
	const most = 16064 // SKB_MAX_ALLOC
	pages := pagesUp(max(0, len(m.data)-most))
	switch {
	case len(m.data) > s.opts.sndbuf-32:
		return -EMSGSIZE
	case s.err != 0:
		return s.takeError()
	case s.noSend:
		return -EPIPE
	case s.sent >= s.opts.sndbuf:
		return t.waitSocket(f, m.flags, s.opts.sendTimeout, -EAGAIN)
	}
	if named {
		var r int64
		if o, r = k.findUnix(t, s, name); r != 0 {
			return r
		}
	}
	switch {
	case o == nil:
		return -ENOTCONN
	case !maySend(s, o):
		return -EPERM
	case o.dead:
		s.peer = nil
		s.become(sockClosed)
		k.disconnected(s, o)
		return -ECONNREFUSED
	case o.noReceive:
		return -EPIPE
	case o != s && o.peer != s && len(o.queue) > maxQueuedUnix:
		return t.waitSocket(f, m.flags, s.opts.sendTimeout, -EAGAIN)
	}
	p := packet{data: m.data, by: s, weight: headWeight(len(m.data)-min(pages, len(m.data))) + pages, rights: m.rights, cred: m.cred}
	if k.noRoom(p.weight) {
		return -ENOBUFS
	}
	if r := k.flight(m.rights); r != 0 {
		return r
	}
	k.enqueue(o, p)
	return int64(len(m.data))
}
