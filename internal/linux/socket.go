package linux

import (
	"fmt"
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// Sockets of the one simulated host that a machine is: AF_UNIX, and TCP and UDP over
// its loopback interface. Nothing of them reaches the host that simulates. What one
// sends is in the other's queue at once, so that a connection loses and delays nothing.

// Bounds of what sockets keep. The simulated host has no memory for more: ENFILE, ENOBUFS.
const (
	maxSockets     = 4096
	maxSocketBytes = 64 << 20 // in all queues together
	maxListen      = 4096     // SOMAXCONN
	maxRights      = 253      // SCM_MAX_FD: descriptors in one message
	maxInFlight    = 1024     // descriptors in all queues together
	maxHeld        = 1024     // ports held by TIME_WAIT
)

// sockName is an address. Its zero value is none.
type sockName struct {
	named bool
	path  string   // AF_UNIX: sun_path, which begins with a NUL for abstract names
	ip    [16]byte // IPv4 as ::ffff:a.b.c.d
	port  uint16
}

// credentials are struct ucred.
type credentials struct{ pid, uid, gid uint32 }

// packet is a datagram, or a piece of a stream.
type packet struct {
	data   []byte   // what is left of it; never changed
	from   sockName // of UDP
	by     *socket  // of AF_UNIX: whose send buffer it fills
	weight int      // bytes of buffer that it takes (skb->truesize)
	rights []*File
	cred   credentials
}

// sender is the address that a packet comes from: of AF_UNIX the one that its sender has
// by now.
func (p *packet) sender() sockName {
	if p.by != nil {
		return p.by.local
	}
	return p.from
}

// socket is a socket. Its queue is read by its owner and filled by the other end.
type socket struct {
	family, kind, protocol int
	ino                    uint64
	state                  sockState
	phase                  connectPhase
	local, remote          sockName
	bound                  boundTo
	peer                   *socket // the other end, or where datagrams go by default
	queue                  []packet
	queued                 int // weight of the queue: AF_INET and AF_INET6
	sent                   int // AF_UNIX: weight of what others have not read yet
	backlog                []*socket
	waiting                []*socket // that wait for room in backlog
	backlogMax             int
	child                  bool // made by a connection to a listener, whose name it has
	fixedIP                bool // bound to one address, which connect does not change
	noReceive, noSend      bool // shutdown(2), or the other end's
	ended                  bool // TCP: the other end's FIN has come
	dead                   bool // closed by its owner
	err                    abi.Errno
	cred                   credentials // of the other end
	opts                   sockOptions
	wakes                  vfs.Wakes
}

// boundTo is how an inet socket came to its port.
type boundTo uint8

const (
	unbound    boundTo = iota
	boundByUse         // by connect or send
	boundByUser
)

func (s *socket) isTCP() bool    { return s.family != abi.AF_UNIX && s.kind == abi.SOCK_STREAM }
func (s *socket) isUDP() bool    { return s.family != abi.AF_UNIX && s.kind == abi.SOCK_DGRAM }
func (s *socket) isStream() bool { return s.kind == abi.SOCK_STREAM }

// takeError gives the pending error and forgets it (sock_error).
func (s *socket) takeError() int64 {
	e := s.err
	s.err = 0
	return -int64(e)
}

// wakeIn, wakeOut and wakeAll wake who waits for a socket.
func (k *Kernel) wakeIn(s *socket)  { s.wakes.In++; k.changed() }
func (k *Kernel) wakeOut(s *socket) { s.wakes.Out++; k.changed() }

func (k *Kernel) wakeAll(s *socket) {
	s.wakes.In++
	k.wakeOut(s)
}

// newSocket makes a socket, or says why there is none.
func (k *Kernel) newSocket(family, kind, protocol int) (*socket, int64) {
	if len(k.sockets) >= maxSockets {
		return nil, -ENFILE
	}
	k.lastSocket++
	s := &socket{family: family, kind: kind, protocol: protocol, ino: k.lastSocket, opts: defaultOptions}
	if s.isTCP() {
		s.opts.sndbuf, s.opts.rcvbuf = tcpSendBuffer, tcpReceiveBuffer
	}
	none := ^uint32(0)
	s.cred = credentials{0, none, none}
	k.sockets = append(k.sockets, s)
	return s, 0
}

// checkSocket is socket(2)'s look at its arguments: the protocol, or an error.
func checkSocket(family, kind, protocol int) (int, int64) {
	switch {
	case family < 0 || family >= abi.NPROTO:
		return 0, -EAFNOSUPPORT
	case kind < 0 || kind > abi.SOCK_PACKET:
		return 0, -EINVAL
	}
	switch family {
	case abi.AF_UNIX:
		switch {
		case protocol != 0 && protocol != abi.AF_UNIX:
			return 0, -EPROTONOSUPPORT
		case kind != abi.SOCK_STREAM && kind != abi.SOCK_DGRAM && kind != abi.SOCK_SEQPACKET && kind != abi.SOCK_RAW:
			return 0, -ESOCKTNOSUPPORT
		}
		return 0, 0
	case abi.AF_INET, abi.AF_INET6:
		const maxProtocol = 263 // IPPROTO_MAX
		var own int
		switch kind {
		case abi.SOCK_STREAM:
			own = abi.IPPROTO_TCP
		case abi.SOCK_DGRAM:
			own = abi.IPPROTO_UDP
		case abi.SOCK_RAW: // needs CAP_NET_RAW, which nobody has
			if protocol == 0 {
				return 0, -EPROTONOSUPPORT
			}
			return 0, -EPERM
		}
		switch {
		case kind == abi.SOCK_PACKET:
			return 0, -EAFNOSUPPORT
		case protocol < 0 || protocol >= maxProtocol:
			return 0, -EINVAL
		case own == 0:
			return 0, -ESOCKTNOSUPPORT
		case kind == abi.SOCK_DGRAM && (family == abi.AF_INET && protocol == abi.IPPROTO_ICMP || family == abi.AF_INET6 && protocol == abi.IPPROTO_ICMPV6):
			return 0, -EACCES // net.ipv4.ping_group_range is empty
		case protocol != 0 && protocol != own:
			return 0, -EPROTONOSUPPORT
		}
		return own, 0
	}
	return 0, -EAFNOSUPPORT
}

// file is a new open file of s.
func (s *socket) file() *File {
	return &File{sock: s, path: fmt.Sprintf("socket:[%d]", s.ino)}
}

// openSocket gives s a descriptor, or drops it.
func (k *Kernel) openSocket(t *Thread, s *socket, flags int) int64 {
	f := s.file()
	fd := t.open(f, uint64(flags))
	if fd < 0 {
		k.releaseSocket(s)
	}
	return fd
}

// releaseSocket is the end of a socket's last descriptor.
func (k *Kernel) releaseSocket(s *socket) {
	if s.dead {
		return
	}
	s.dead = true
	switch {
	case s.family == abi.AF_UNIX:
		k.closeUnix(s, false)
	case s.isTCP():
		k.closeTCP(s)
	}
	k.purge(s)
	s.noReceive, s.noSend = true, true
	k.forget(s)
	k.changed()
}

// forget takes s out of the list of sockets, and with it its port or abstract name.
func (k *Kernel) forget(s *socket) {
	k.sockets = slices.DeleteFunc(slices.Clone(k.sockets), func(o *socket) bool { return o == s })
}

// purge throws away what s has not read.
func (k *Kernel) purge(s *socket) {
	for len(s.queue) > 0 {
		p := s.queue[0]
		k.dropPacket(s)
		for _, f := range p.rights {
			k.closeFile(f)
		}
	}
}

// dropPacket takes the first packet off s's queue.
func (k *Kernel) dropPacket(s *socket) {
	p := &s.queue[0]
	k.socketBytes -= p.weight
	s.queued -= p.weight
	if by := p.by; by != nil {
		by.sent -= p.weight
		if by.unixWritable() {
			k.wakeOut(by)
		}
	}
	s.queue = s.queue[1:]
	if len(s.queue) == 0 {
		s.queue = nil
	}
	k.changed()
}

// enqueue appends a packet to a socket's queue and wakes its reader.
func (k *Kernel) enqueue(to *socket, p packet) {
	to.queue = append(slices.Clip(to.queue), p)
	to.queued += p.weight
	k.socketBytes += p.weight
	if p.by != nil {
		p.by.sent += p.weight
	}
	k.wakeIn(to)
}

// headWeight is the truesize of a buffer whose linear part has n bytes: the part with
// struct skb_shared_info behind it in a slab of a power of two, and struct sk_buff.
func headWeight(n int) int {
	const shared, header, line = 320, 256, 64
	n = (n+line-1)/line*line + shared
	slab := 512
	for slab < n {
		slab *= 2
	}
	return slab + header
}

// pagesUp is n in whole pages, in bytes.
func pagesUp(n int) int { return (n + 4095) / 4096 * 4096 }

// waitSocket has a call wait, unless it gives up: with MSG_DONTWAIT or O_NONBLOCK at
// once, with a timeout (SO_RCVTIMEO, SO_SNDTIMEO; 0: none) in nanoseconds later.
func (t *Thread) waitSocket(f *File, flags int, timeout uint64, giveUp int64) int64 {
	if flags&abi.MSG_DONTWAIT != 0 || f.flags&abi.O_NONBLOCK != 0 {
		return giveUp
	}
	if timeout == 0 {
		return t.block(restartSys, never)
	}
	at := t.until(timeout)
	if t.deadlinePassed() {
		return giveUp
	}
	return t.block(-EINTR, at)
}
