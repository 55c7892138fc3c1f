package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
)

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
	protocol, r := net.CheckSocket(c.int(0), kind, c.int(2))
	if r != 0 {
		return r
	}
	if kind == abi.SOCK_RAW && c.int(0) == abi.AF_UNIX {
		kind = abi.SOCK_DGRAM
	}
	s, r := k.net.NewSocket(c.int(0), kind, protocol)
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
	if _, r := net.CheckSocket(c.int(0), kind, c.int(2)); r != 0 {
		return r
	}
	if c.int(0) != abi.AF_UNIX {
		return -ENOTSUP
	}
	if kind == abi.SOCK_RAW {
		kind = abi.SOCK_DGRAM
	}
	a, b, r := k.net.SocketPair(k.credentialsOf(t), kind)
	if r != 0 {
		return r
	}
	first := k.openSocket(t, a, flags)
	if first < 0 {
		k.net.ReleaseSocket(b)
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
	case f.sock.Family == abi.AF_UNIX:
		return k.bindUnix(t, f.sock, b)
	case f.sock.IsNetlink():
		return k.net.BindNetlink(socketCaller{t, f}, f.sock, b)
	}
	return k.net.BindInet(f.sock, b)
}

func sysConnect(k *Kernel, t *Thread, c *call) int64 {
	f, b, r := t.socketAndAddress(c)
	switch {
	case r != 0:
		return r
	case f.sock.Family == abi.AF_UNIX:
		return k.net.ConnectUnix(socketCaller{t, f}, f.sock, b)
	case f.sock.IsUDP():
		return k.net.ConnectUDP(f.sock, b)
	case f.sock.IsNetlink():
		return k.net.ConnectNetlink(socketCaller{t, f}, f.sock, b)
	}
	return k.net.ConnectTCP(socketCaller{t, f}, f.sock, b)
}

func sysListen(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	if f.sock.IsNetlink() {
		return -ENOTSUP
	}
	backlog := int(min(uint32(c.arg[1]), net.MaxListen))
	if f.sock.Family == abi.AF_UNIX {
		return k.net.ListenUnix(socketCaller{t, f}, f.sock, backlog)
	}
	return k.net.ListenTCP(f.sock, backlog)
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
	case s.Kind == abi.SOCK_DGRAM || s.IsNetlink():
		return -ENOTSUP
	case s.State() != net.Listening:
		return -EINVAL
	case len(s.Backlog) == 0 && s.NoReceive && s.Family == abi.AF_UNIX && f.flags&abi.O_NONBLOCK == 0:
		return -EINVAL
	case len(s.Backlog) == 0:
		return socketCaller{t, f}.Wait(0, s.Opts.ReceiveTimeout, -EAGAIN)
	}
	n := s.Backlog[0]
	fd := t.open(fileOf(n), uint64(flags))
	if fd < 0 {
		return fd
	}
	s.Backlog = s.Backlog[1:]
	k.net.AdmitWaiting(s)
	k.changed()
	if c.arg[1] == 0 {
		return fd
	}
	name := n.Remote
	if n.Family == abi.AF_UNIX {
		name = net.Name{}
		if n.Peer != nil {
			name = n.Peer.Local
		}
	}
	if r := t.writeAddress(n.Sockaddr(name), c.arg[1], c.arg[2]); r != 0 {
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
	if s.IsNetlink() {
		return t.writeAddress(s.NetlinkName(false), c.arg[1], c.arg[2])
	}
	n := s.Local
	if s.Family != abi.AF_UNIX && !n.Named {
		n.IP = net.AnyIP(s.Family)
	}
	return t.writeAddress(s.Sockaddr(n), c.arg[1], c.arg[2])
}

func sysGetpeername(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	if r != 0 {
		return r
	}
	s := f.sock
	n := s.Remote
	switch {
	case s.IsNetlink():
		return t.writeAddress(s.NetlinkName(true), c.arg[1], c.arg[2])
	case s.Family == abi.AF_UNIX && s.Peer == nil,
		s.Family != abi.AF_UNIX && (s.Remote.Port == 0 || s.State() == net.Closed || s.State() == net.Connecting):
		return -ENOTCONN
	case s.Family == abi.AF_UNIX:
		n = s.Peer.Local
	}
	return t.writeAddress(s.Sockaddr(n), c.arg[1], c.arg[2])
}

func sysShutdown(k *Kernel, t *Thread, c *call) int64 {
	f, r := t.sock(c.fd(0))
	how := c.int(1)
	switch {
	case r != 0:
		return r
	case how < abi.SHUT_RD || how > abi.SHUT_RDWR:
		return -EINVAL
	case f.sock.IsNetlink():
		return -ENOTSUP
	}
	receive, send := how != abi.SHUT_WR, how != abi.SHUT_RD
	if f.sock.Family == abi.AF_UNIX {
		return k.net.ShutdownUnix(f.sock, receive, send)
	}
	return k.net.ShutdownInet(f.sock, receive, send)
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
	m := &net.Message{Flags: c.int(3), Cred: k.credentialsOf(t)}
	if m.Data, r = t.gather([]span{{c.arg[1], c.arg[2]}}); r != 0 {
		return r
	}
	if c.arg[4] != 0 {
		m.HasTo = c.int(5) != 0 || f.sock.Family != abi.AF_UNIX
		if m.To, r = t.readAddress(c.arg[4], c.int(5)); r != 0 {
			return r
		}
	}
	return k.net.Send(socketCaller{t, f}, f.sock, m)
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
	var a net.Arrival
	r = k.receiveInto(t, f, []span{{c.arg[1], c.arg[2]}}, c.int(3), &a)
	k.closeRights(&a)
	if r >= 0 && c.arg[4] != 0 {
		if e := t.writeAddress(f.sock.SenderAddress(&a), c.arg[4], c.arg[5]); e != 0 {
			return e
		}
	}
	return r
}

func sysRecv(k *Kernel, t *Thread, c *call) int64 {
	c.arg[4] = 0
	return sysRecvfrom(k, t, c)
}

// closeRights drops descriptors that came with a message and that nobody asked for.
func (k *Kernel) closeRights(a *net.Arrival) {
	for _, f := range a.Rights {
		k.closeFile(f.(*File))
	}
	a.Rights = nil
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
	args := make([]abi.ULong, counts[which])
	if !copyFromUser(t.proc.mm, c.arg[1], c.word(), args) {
		return -EFAULT
	}
	inner := &call{nr: c.nr, compat: c.compat}
	for i, v := range args {
		inner.arg[i] = uint64(v)
	}
	return runs[which](k, t, inner)
}

func (k *Kernel) bindUnix(t *Thread, s *net.Socket, b []byte) int64 {
	n, done, r := k.net.BindAbstract(s, b)
	if done {
		return r
	}
	p, r := pathFrom(t.proc.fs.cwd, cwdLink, n.Path)
	if r != 0 {
		return r
	}
	full, r := k.newEntryOf(t, p, false)
	switch {
	case r == -EEXIST:
		return -EADDRINUSE
	case r != 0:
		return r
	case s.Local.Named:
		return -EINVAL
	}
	s.Local = n
	made := k.newNode(t, abi.S_IFSOCK|0o777)
	made.Sock = s
	k.fs.AddName(full, made)
	return 0
}

// readAddress reads an address argument (move_addr_to_kernel).
func (t *Thread) readAddress(va uint64, size int) ([]byte, int64) {
	if size < 0 || size > abi.SIZEOF_SOCKADDR_STORAGE {
		return nil, -EINVAL
	}
	b := make([]byte, size)
	if size > 0 && !t.proc.mm.Read(va, b) {
		return nil, -EFAULT
	}
	return b, 0
}

// writeAddress gives a program an address and its length (move_addr_to_user).
func (t *Thread) writeAddress(b []byte, va, lengthVA uint64) int64 {
	length, ok := getWord(t.proc.mm, lengthVA, 4)
	switch {
	case !ok:
		return -EFAULT
	case int32(length) < 0:
		return -EINVAL
	}
	if n := min(len(b), int(length)); n > 0 && !t.proc.mm.Write(va, b[:n]) {
		return -EFAULT
	}
	if !putWord(t.proc.mm, lengthVA, 4, uint64(len(b))) {
		return -EFAULT
	}
	return 0
}
