package linux

import "trapline/internal/linux/abi"

// System calls of sockets.

// sock is the socket behind argument 0, or why there is none.
func (t *Thread) sock(fd int) (*File, int64) {
	switch f := t.proc.files.get(fd); {
	case f == nil:
		return nil, -EBADF
	case f.sock == nil:
		return nil, -ENOTSOCK
	default:
		return f, 0
	}
}

const socketFlags = abi.SOCK_NONBLOCK | abi.SOCK_CLOEXEC

func sysSocket(k *Kernel, t *Thread, c *call) int64 {
	kind, flags := c.int(1)&0xf, c.int(1)&^0xf
	if flags&^socketFlags != 0 {
		return -EINVAL
	}
	protocol, r := checkSocket(c.int(0), kind, c.int(2))
	if r != 0 {
		return r
	}
	if kind == abi.SOCK_RAW {
		kind = abi.SOCK_DGRAM // of AF_UNIX
	}
	s, r := k.newSocket(c.int(0), kind, protocol)
	if r != 0 {
		return r
	}
	return k.openSocket(t, s, flags)
}

func sysSocketpair(k *Kernel, t *Thread, c *call) int64 {
	kind, flags := c.int(1)&0xf, c.int(1)&^0xf
	if flags&^socketFlags != 0 {
		return -EINVAL
	}
	if _, r := checkSocket(c.int(0), kind, c.int(2)); r != 0 {
		return r
	}
	if c.int(0) != abi.AF_UNIX {
		return -ENOTSUP
	}
	if kind == abi.SOCK_RAW {
		kind = abi.SOCK_DGRAM
	}
	a, b, r := k.socketPair(t, kind)
	if r != 0 {
		return r
	}
	first := k.openSocket(t, a, flags)
	if first < 0 {
		k.releaseSocket(b)
		return first
	}
	second := k.openSocket(t, b, flags)
	if second < 0 {
		k.closeFD(t.proc.files, int(first))
		return second
	}
	if !putWord(t.proc.mm, c.arg[3], 8, uint64(first)|uint64(second)<<32) {
		k.closeFD(t.proc.files, int(first))
		k.closeFD(t.proc.files, int(second))
		return -EFAULT
	}
	return 0
}

// socketAndAddress are the arguments of bind(2) and connect(2).
func (t *Thread) socketAndAddress(c *call) (*File, []byte, int64) {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return nil, nil, r
	}
	b, r := t.readAddress(c.arg[1], c.int(2))
	return f, b, r
}

func sysBind(k *Kernel, t *Thread, c *call) int64 {
	f, b, r := t.socketAndAddress(c)
	switch {
	case r != 0:
		return r
	case f.sock.family == abi.AF_UNIX:
		return k.bindUnix(t, f.sock, b)
	}
	return k.bindInet(f.sock, b)
}

func sysConnect(k *Kernel, t *Thread, c *call) int64 {
	f, b, r := t.socketAndAddress(c)
	switch {
	case r != 0:
		return r
	case f.sock.family == abi.AF_UNIX:
		return k.connectUnix(t, f, b)
	case f.sock.isUDP():
		return k.connectUDP(f.sock, b)
	}
	return k.connectTCP(t, f, b)
}

func sysListen(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	backlog := int(min(uint32(c.arg[1]), maxListen))
	if f.sock.family == abi.AF_UNIX {
		return k.listenUnix(t, f.sock, backlog)
	}
	return k.listenTCP(f.sock, backlog)
}

func sysAccept(k *Kernel, t *Thread, c *call) int64 { return k.accept(t, c, 0) }

func sysAccept4(k *Kernel, t *Thread, c *call) int64 {
	if c.int(3)&^socketFlags != 0 {
		return -EINVAL
	}
	return k.accept(t, c, c.int(3))
}

func (k *Kernel) accept(t *Thread, c *call, flags int) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	s := f.sock
	switch {
	case s.kind == abi.SOCK_DGRAM:
		return -ENOTSUP
	case s.state != sockListening:
		return -EINVAL
	case len(s.backlog) == 0 && s.noReceive && s.family == abi.AF_UNIX && f.flags&abi.O_NONBLOCK == 0:
		return -EINVAL
	case len(s.backlog) == 0:
		return t.waitSocket(f, 0, s.opts.receiveTimeout, -EAGAIN)
	}
	n := s.backlog[0]
	fd := t.open(n.file(), uint64(flags))
	if fd < 0 {
		return fd
	}
	s.backlog = s.backlog[1:]
	k.admitWaiting(s)
	k.changed()
	if c.arg[1] == 0 {
		return fd
	}
	name := n.remote
	if n.family == abi.AF_UNIX {
		name = sockName{}
		if n.peer != nil {
			name = n.peer.local
		}
	}
	if r := t.writeAddress(n.sockaddr(name), c.arg[1], c.arg[2]); r != 0 {
		k.closeFD(t.proc.files, int(fd))
		return r
	}
	return fd
}

func sysGetsockname(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	s := f.sock
	n := s.local
	if s.family != abi.AF_UNIX && !n.named {
		n.ip = anyIP(s.family)
	}
	return t.writeAddress(s.sockaddr(n), c.arg[1], c.arg[2])
}

func sysGetpeername(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	s := f.sock
	n := s.remote
	switch {
	case s.family == abi.AF_UNIX && s.peer == nil,
		s.family != abi.AF_UNIX && (s.remote.port == 0 || s.state == sockClosed || s.state == sockConnecting):
		return -ENOTCONN
	case s.family == abi.AF_UNIX:
		n = s.peer.local
	}
	return t.writeAddress(s.sockaddr(n), c.arg[1], c.arg[2])
}

func sysShutdown(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	how := c.int(1)
	switch {
	case r != 0:
		return r
	case how < abi.SHUT_RD || how > abi.SHUT_RDWR:
		return -EINVAL
	}
	receive, send := how != abi.SHUT_WR, how != abi.SHUT_RD
	if f.sock.family == abi.AF_UNIX {
		return k.shutdownUnix(f.sock, receive, send)
	}
	return k.shutdownInet(f.sock, receive, send)
}

func sysSetsockopt(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	return k.setOption(t, f.sock, c, c.int(1), c.int(2), c.arg[3], c.int(4))
}

func sysGetsockopt(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	length, ok := getWord(t.proc.mm, c.arg[4], 4)
	switch {
	case !ok:
		return -EFAULT
	case int32(length) < 0:
		return -EINVAL
	}
	b, r := k.option(f.sock, c, c.int(1), c.int(2))
	if r != 0 {
		return r
	}
	b = b[:min(len(b), int(length))]
	if !t.proc.mm.Write(c.arg[3], b) || !putWord(t.proc.mm, c.arg[4], 4, uint64(len(b))) {
		return -EFAULT
	}
	return 0
}

func sysSendto(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	m := &sockMessage{flags: c.int(3), cred: k.credentialsOf(t)}
	if m.data, r = t.gather([]span{{c.arg[1], c.arg[2]}}); r != 0 {
		return r
	}
	if c.arg[4] != 0 {
		m.hasTo = c.int(5) != 0 || f.sock.family != abi.AF_UNIX
		if m.to, r = t.readAddress(c.arg[4], c.int(5)); r != 0 {
			return r
		}
	}
	return k.send(t, f, m)
}

func sysSend(k *Kernel, t *Thread, c *call) int64 {
	c.arg[4] = 0
	return sysSendto(k, t, c)
}

func sysRecvfrom(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	var a arrival
	r = k.receiveInto(t, f, []span{{c.arg[1], c.arg[2]}}, c.int(3), &a)
	k.closeRights(&a)
	if r >= 0 && c.arg[4] != 0 {
		if e := t.writeAddress(f.sock.senderAddress(&a), c.arg[4], c.arg[5]); e != 0 {
			return e
		}
	}
	return r
}

func sysRecv(k *Kernel, t *Thread, c *call) int64 {
	c.arg[4] = 0
	return sysRecvfrom(k, t, c)
}

// senderAddress is what recvfrom(2) gives as the address: nothing for one without a name.
func (s *socket) senderAddress(a *arrival) []byte {
	if !a.hasFrom || !a.from.named {
		return nil
	}
	return s.sockaddr(a.from)
}

// closeRights drops descriptors that came with a message and that nobody asked for.
func (k *Kernel) closeRights(a *arrival) {
	for _, f := range a.rights {
		k.closeFile(f)
	}
	a.rights = nil
}

// sysSocketcall is i386's one call for all: its arguments are words in memory.
func sysSocketcall(k *Kernel, t *Thread, c *call) int64 {
	counts := [...]int{abi.SYS_SOCKET: 3, abi.SYS_BIND: 3, abi.SYS_CONNECT: 3, abi.SYS_LISTEN: 2, abi.SYS_ACCEPT: 3, abi.SYS_GETSOCKNAME: 3,
		abi.SYS_GETPEERNAME: 3, abi.SYS_SOCKETPAIR: 4, abi.SYS_SEND: 4, abi.SYS_RECV: 4, abi.SYS_SENDTO: 6, abi.SYS_RECVFROM: 6,
		abi.SYS_SHUTDOWN: 2, abi.SYS_SETSOCKOPT: 5, abi.SYS_GETSOCKOPT: 5, abi.SYS_SENDMSG: 3, abi.SYS_RECVMSG: 3, abi.SYS_ACCEPT4: 4,
		abi.SYS_RECVMMSG: 5, abi.SYS_SENDMMSG: 4}
	runs := [...]handler{abi.SYS_SOCKET: sysSocket, abi.SYS_BIND: sysBind, abi.SYS_CONNECT: sysConnect, abi.SYS_LISTEN: sysListen,
		abi.SYS_ACCEPT: sysAccept, abi.SYS_GETSOCKNAME: sysGetsockname, abi.SYS_GETPEERNAME: sysGetpeername, abi.SYS_SOCKETPAIR: sysSocketpair,
		abi.SYS_SEND: sysSend, abi.SYS_RECV: sysRecv, abi.SYS_SENDTO: sysSendto, abi.SYS_RECVFROM: sysRecvfrom, abi.SYS_SHUTDOWN: sysShutdown,
		abi.SYS_SETSOCKOPT: sysSetsockopt, abi.SYS_GETSOCKOPT: sysGetsockopt, abi.SYS_SENDMSG: sysSendmsg, abi.SYS_RECVMSG: sysRecvmsg,
		abi.SYS_ACCEPT4: sysAccept4, abi.SYS_RECVMMSG: sysRecvmmsg, abi.SYS_SENDMMSG: sysSendmmsg}
	which := c.int(0)
	if which < 1 || which >= len(counts) {
		return -EINVAL
	}
	b := make([]byte, 4*counts[which])
	if !t.proc.mm.Read(c.arg[1], b) {
		return -EFAULT
	}
	inner := &call{nr: c.nr, compat: c.compat}
	for i := range counts[which] {
		inner.arg[i] = wordAt(b, i, 4)
	}
	return runs[which](k, t, inner)
}
