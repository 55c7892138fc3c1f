package linux

import (
	"errors"
	"fmt"
	"io/fs"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// AF_UNIX (unix(7)), as net/unix/af_unix.c of Linux 6.1 decides.

// maxQueuedUnix is how many datagrams wait at a socket before senders wait for it
// (net.unix.max_dgram_qlen).
const maxQueuedUnix = 10

// unixWritable is the kernel's: a quarter of the send buffer is in use at most.
func (s *socket) unixWritable() bool { return s.state != sockListening && s.sent<<2 <= s.opts.sndbuf }

func (k *Kernel) credentialsOf(t *Thread) credentials {
	u := k.user()
	return credentials{uint32(t.proc.PID), u.UID, u.GID}
}

// socketPair makes two sockets of AF_UNIX that are connected.
func (k *Kernel) socketPair(t *Thread, kind int) (a, b *socket, r int64) {
	if a, r = k.newSocket(abi.AF_UNIX, kind, 0); r != 0 {
		return nil, nil, r
	}
	if b, r = k.newSocket(abi.AF_UNIX, kind, 0); r != 0 {
		k.releaseSocket(a)
		return nil, nil, r
	}
	a.peer, b.peer = b, a
	a.become(sockConnected)
	b.become(sockConnected)
	a.cred, b.cred = k.credentialsOf(t), k.credentialsOf(t)
	return a, b, 0
}

func (k *Kernel) bindUnix(t *Thread, s *socket, b []byte) int64 {
	if len(b) == 2 && le.Uint16(b) == abi.AF_UNIX {
		return k.autobindUnix(s)
	}
	n, r := parseUnix(b)
	switch {
	case r != 0:
		return r
	case n.path[0] == 0:
		switch {
		case s.local.named:
			return -EINVAL
		case k.abstract(n, s.kind) != nil:
			return -EADDRINUSE
		}
		s.local = n
		return 0
	}
	full, info, r := k.place(t.proc.fs.absolute(n.path), false)
	switch {
	case r != 0:
		return r
	case info != nil || k.special(t, full) != nil:
		return -EADDRINUSE
	}
	if r := k.mayChange(full, nil); r != 0 {
		return r
	}
	if s.local.named {
		return -EINVAL
	}
	s.local = n
	made := k.newNode(t, abi.S_IFSOCK|0o777)
	made.Sock = s
	k.fs.AddName(full, made)
	return 0
}

// autobindUnix gives s an abstract name of five hexadecimal digits that is free.
func (k *Kernel) autobindUnix(s *socket) int64 {
	if s.local.named {
		return 0
	}
	for {
		k.lastName++
		n := sockName{named: true, path: fmt.Sprintf("\x00%05x", k.lastName&0xfffff)}
		if k.abstract(n, s.kind) == nil {
			s.local = n
			return 0
		}
	}
}

// abstract is the socket of a kind that has an abstract name, or nil.
func (k *Kernel) abstract(n sockName, kind int) *socket {
	for _, o := range k.sockets {
		if o.family == abi.AF_UNIX && o.kind == kind && o.local == n && !o.child {
			return o
		}
	}
	return nil
}

// findUnix is the socket of s's kind that an address leads to (unix_find_other).
func (k *Kernel) findUnix(t *Thread, s *socket, n sockName) (*socket, int64) {
	const refused = -ECONNREFUSED
	if n.path[0] == 0 {
		if o := k.abstract(n, s.kind); o != nil {
			return o, 0
		}
		return nil, refused
	}
	full, err := k.fs.Resolve(t.proc.fs.absolute(n.path), true)
	if err != nil {
		return nil, fail(err)
	}
	info, err := k.fs.Lstat(full, false)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, -ENOENT
	case err != nil:
		return nil, fail(err)
	case !k.may(vfs.StatOf(info), 2):
		return nil, -EACCES
	}
	var bound *socket
	if n := vfs.NodeOf(info); n != nil {
		bound, _ = n.Sock.(*socket)
	}
	switch {
	case bound == nil || bound.dead: // another file, or a socket of the host's, which nothing reaches
		return nil, refused
	case bound.kind != s.kind:
		return nil, -EPROTOTYPE
	}
	return bound, 0
}

func (k *Kernel) connectUnix(t *Thread, f *File, b []byte) int64 {
	s := f.sock
	if !s.isStream() && s.kind != abi.SOCK_SEQPACKET {
		return k.connectUnixDatagram(t, s, b)
	}
	n, r := parseUnix(b)
	if r != 0 {
		return r
	}
	if s.opts.passCred && !s.local.named {
		k.autobindUnix(s)
	}
	o, r := k.findUnix(t, s, n)
	switch {
	case r != 0:
		return r
	case o.state != sockListening || o.noReceive:
		return -ECONNREFUSED
	case len(o.backlog) > o.backlogMax:
		return t.waitSocket(f, 0, s.opts.sendTimeout, -EAGAIN)
	case s.state == sockConnected:
		return -EISCONN
	case s.state != sockClosed:
		return -EINVAL
	}
	c, r := k.newSocket(abi.AF_UNIX, s.kind, 0)
	if r != 0 {
		return r
	}
	c.become(sockConnected)
	s.become(sockConnected)
	c.peer, s.peer = s, c
	c.local, c.child = o.local, true
	c.cred, s.cred = k.credentialsOf(t), o.cred
	c.opts.passCred = o.opts.passCred
	o.backlog = append(o.backlog[:len(o.backlog):len(o.backlog)], c)
	k.wakeIn(o)
	return 0
}

// connectUnixDatagram names where datagrams go by default.
func (k *Kernel) connectUnixDatagram(t *Thread, s *socket, b []byte) int64 {
	if len(b) < 2 {
		return -EINVAL
	}
	var o *socket
	if le.Uint16(b) != abi.AF_UNSPEC {
		n, r := parseUnix(b)
		if r != 0 {
			return r
		}
		if s.opts.passCred && !s.local.named {
			k.autobindUnix(s)
		}
		if o, r = k.findUnix(t, s, n); r != 0 {
			return r
		}
		if !maySend(s, o) {
			return -EPERM
		}
		s.become(sockConnected)
		o.become(sockConnected)
	} else {
		s.become(sockClosed)
	}
	old := s.peer
	s.peer = o
	if old != nil && old != o {
		k.disconnected(s, old)
	}
	k.changed()
	return 0
}

// maySend reports whether o takes datagrams of s: it is connected to nobody else.
func maySend(s, o *socket) bool { return o.peer == nil || o.peer == s }

// disconnected throws away what a datagram socket got from its old peer, which is told.
func (k *Kernel) disconnected(s, old *socket) {
	if len(s.queue) == 0 {
		return
	}
	k.purge(s)
	if !old.dead && old.peer == s {
		old.err = abi.ECONNRESET
		k.wakeAll(old)
	}
}

func (k *Kernel) listenUnix(t *Thread, s *socket, backlog int) int64 {
	switch {
	case !s.isStream() && s.kind != abi.SOCK_SEQPACKET:
		return -ENOTSUP
	case !s.local.named, s.state != sockClosed && s.state != sockListening:
		return -EINVAL
	}
	if backlog > s.backlogMax {
		k.changed()
	}
	s.become(sockListening)
	s.backlogMax = backlog
	s.cred = k.credentialsOf(t)
	return 0
}

// closeUnix is the end of a socket. Who is connected to it learns of it, with an error
// if something was not read or, with unborn, the connection not accepted.
func (k *Kernel) closeUnix(s *socket, unborn bool) {
	peer, listening := s.peer, s.state == sockListening
	s.become(sockClosed)
	if peer != nil {
		if s.kind != abi.SOCK_DGRAM && peer.peer == s {
			peer.noReceive, peer.noSend = true, true
			unread := len(s.queue) > 1 || len(s.queue) == 1 && len(s.queue[0].data) > 0
			if unread || unborn {
				peer.err = abi.ECONNRESET
			}
			k.wakeAll(peer)
		}
		s.peer = nil
	}
	if !listening {
		return
	}
	for _, c := range s.backlog {
		c.dead = true
		k.closeUnix(c, true)
		k.purge(c)
		k.forget(c)
	}
	s.backlog = nil
}

func (k *Kernel) shutdownUnix(s *socket, receive, send bool) int64 {
	s.noReceive, s.noSend = s.noReceive || receive, s.noSend || send
	if p := s.peer; p != nil && s.kind != abi.SOCK_DGRAM {
		p.noReceive, p.noSend = p.noReceive || send, p.noSend || receive
		k.wakeAll(p)
	}
	k.wakeAll(s)
	return 0
}
