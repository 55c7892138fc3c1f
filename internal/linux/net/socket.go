package net

import (
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
)

// Bounds of what sockets keep. The simulated host has no memory for more: ENFILE, ENOBUFS.
const (
	MaxSockets     = 4096
	MaxSocketBytes = 64 << 20 // in all queues together
	MaxListen      = 4096     // SOMAXCONN
	MaxRights      = 253      // SCM_MAX_FD: descriptors in one message
	maxInFlight    = 1024     // descriptors in all queues together
	maxHeld        = 1024     // ports held by TIME_WAIT
)

// Stack is the sockets of the simulated host.
type Stack struct {
	State
	kernel Kernel
}

// State is what of it changes.
type State struct {
	Sockets     []*Socket // that are open or wait to be accepted; replaced when it changes
	SocketBytes int       // weight of what is in all queues
	held        []heldPort
	lastSocket  uint64 // inode number
	lastName    uint32 // given by autobind
	lastPort    uint16
}

// Kernel is what sockets ask of their kernel.
type Kernel interface {
	Changed()             // notes what may end somebody's wait
	Async(*Socket, int32) // tells the owners of the socket's files by a signal: POLL_IN and so on
	Now() uint64          // is the time, in nanoseconds
	ReadsClock()          // notes that the guest is told it
	Root() bool           // reports whether the guest's user may do what others may not
	Close(File)           // gives up a hold of a file (fput())
	Sockets() []*Socket   // are all that there are, in queues of others too
}

// File is an open file that a message carries (SCM_RIGHTS).
type File interface {
	state.Object
	Hold()           // takes a hold (get_file())
	Holds() int      // is how many there are
	Socket() *Socket // behind it, or nil
}

// Caller is the thread that has called, for calls that wait: they are made again when
// something has changed.
type Caller interface {
	Waited() bool      // reports whether the call is made again
	Moved() int        // is how many bytes it has moved so far
	Move(n int)        // adds to them
	NonBlocking() bool // is O_NONBLOCK of the socket's file
	HasDeadline() bool // reports whether it waits for a limited time
	// Wait is the result of a call that waits, unless it gives up: with MSG_DONTWAIT
	// or O_NONBLOCK at once, with a timeout in nanoseconds (0: none) later.
	Wait(flags int, timeout uint64, giveUp int64) int64
	PartialWait(flags int, timeout uint64, giveUp int64) int64 // Wait in the middle, for a call that has moved bytes
	Partial(r int64) int64                                     // r, or how many bytes were moved
	BrokenPipe(flags int) int64                                // EPIPE with its signal
	Credentials() Credentials
	Lookup(path string) (state.Object, int64) // what is bound to a name in the tree, or nil (unix_find_bsd())
}

// Waits is the result of a call that waits.
const Waits = -600

// NewStack has no sockets yet.
func NewStack(k Kernel) *Stack { return &Stack{kernel: k} }

// Name is an address. Its zero value is none.
type Name struct {
	Named bool
	Path  string   // AF_UNIX: sun_path, which begins with a NUL for abstract names
	IP    [16]byte // IPv4 as ::ffff:a.b.c.d
	Port  uint16
}

// Credentials are struct ucred.
type Credentials struct{ PID, UID, GID uint32 }

// Ucred is credentials as programs have them.
func (c Credentials) Ucred() abi.Ucred { return abi.Ucred{Pid: c.PID, Uid: c.UID, Gid: c.GID} }

// Packet is a datagram, or a piece of a stream.
type Packet struct {
	Data   []byte  // what is left of it; never changed
	from   Name    // of UDP
	By     *Socket // of AF_UNIX: whose send buffer it fills
	weight int     // bytes of buffer that it takes (skb->truesize)
	rights []File
	cred   Credentials
}

// sender is the address that a packet comes from: of AF_UNIX the one that its sender has
// by now.
func (p *Packet) sender() Name {
	if p.By != nil {
		return p.By.Local
	}
	return p.from
}

// Socket is a socket. Its queue is read by its owner and filled by the other end.
type Socket struct {
	Family, Kind, Protocol int
	Ino                    uint64
	state                  ConnState
	phase                  connectPhase
	Local, Remote          Name
	Bound                  boundTo
	Peer                   *Socket // the other end, or where datagrams go by default
	Queue                  []Packet
	queued                 int // weight of the queue: AF_INET and AF_INET6
	Sent                   int // AF_UNIX: weight of what others have not read yet
	Backlog                []*Socket
	waiting                []*Socket // that wait for room in backlog
	backlogMax             int
	child                  bool // made by a connection to a listener, whose name it has
	fixedIP                bool // bound to one address, which connect does not change
	NoReceive, noSend      bool // shutdown(2), or the other end's
	ended, finUnread       bool // TCP: the other end's FIN has come; nobody has read so far
	dead                   bool // closed by its owner
	noSpace                bool // who sends was told that there is no room (SOCKWQ_ASYNC_NOSPACE)
	Err                    abi.Errno
	Cred                   Credentials // of the other end
	netlink                netlink
	moved                  transferred
	Opts                   Options
	Wakes                  vfs.Wakes
}

// boundTo is how an inet socket came to its port.
type boundTo uint8

const (
	Unbound    boundTo = iota
	boundByUse         // by connect or send
	boundByUser
)

func (s *Socket) IsTCP() bool { return s.Family != abi.AF_UNIX && s.Kind == abi.SOCK_STREAM }
func (s *Socket) IsUDP() bool {
	return s.Family != abi.AF_UNIX && !s.IsNetlink() && s.Kind == abi.SOCK_DGRAM
}
func (s *Socket) IsStream() bool { return s.Kind == abi.SOCK_STREAM }

// TakeError gives the pending error and forgets it (sock_error).
func (s *Socket) TakeError() int64 {
	e := s.Err
	s.Err = 0
	return -int64(e)
}

// wakeIn is the arrival of something to read (sk_data_ready), WakeOut of room to send (sk_write_space), wakeAll of another
// state, of which nobody is told by a signal (sk_state_change).
func (ns *Stack) wakeIn(s *Socket) {
	s.Wakes.In++
	ns.kernel.Changed()
	if !s.IsTCP() || s.state == Listening || s.Available() >= max(1, s.Opts.Rcvlowat) {
		ns.kernel.Async(s, abi.POLL_IN)
	}
}

func (ns *Stack) WakeOut(s *Socket) {
	s.Wakes.Out++
	ns.kernel.Changed()
	if s.noSpace && !s.noSend && s.hasSpace() {
		s.noSpace = false
		ns.kernel.Async(s, abi.POLL_OUT)
	}
}

func (ns *Stack) wakeAll(s *Socket) {
	s.Wakes.In++
	s.Wakes.Out++
	ns.kernel.Changed()
}

// hungUp tells that the other end sends nothing more (sk_wake_async).
func (ns *Stack) hungUp(s *Socket) {
	if s.NoReceive && s.noSend {
		ns.kernel.Async(s, abi.POLL_HUP)
	} else if s.NoReceive {
		ns.kernel.Async(s, abi.POLL_IN)
	}
}

// failed tells of an error (sk_error_report).
func (ns *Stack) failed(s *Socket) {
	ns.wakeAll(s)
	ns.kernel.Async(s, abi.POLL_ERR)
}

// NewSocket makes a socket, or says why there is none.
func (ns *Stack) NewSocket(family, kind, protocol int) (*Socket, int64) {
	if len(ns.Sockets) >= MaxSockets {
		return nil, -ENFILE
	}
	ns.lastSocket++
	s := &Socket{Family: family, Kind: kind, Protocol: protocol, Ino: ns.lastSocket, Opts: defaultOptions}
	if s.IsTCP() {
		s.Opts.Sndbuf, s.Opts.Rcvbuf = tcpSendBuffer, tcpReceiveBuffer
	}
	none := ^uint32(0)
	s.Cred = Credentials{0, none, none}
	ns.Sockets = append(ns.Sockets, s)
	return s, 0
}

// CheckSocket is socket(2)'s look at its arguments: the protocol, or an error.
func CheckSocket(family, kind, protocol int) (int, int64) {
	switch {
	case family < 0 || family >= abi.NPROTO:
		return 0, -EAFNOSUPPORT
	case kind < 0 || kind > abi.SOCK_PACKET:
		return 0, -EINVAL
	}
	switch family {
	case abi.AF_NETLINK:
		return checkNetlink(kind, protocol)
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

// ReleaseSocket is the end of a socket's last descriptor.
func (ns *Stack) ReleaseSocket(s *Socket) {
	if s.dead {
		return
	}
	s.dead = true
	switch {
	case s.Family == abi.AF_UNIX:
		ns.closeUnix(s, false)
	case s.IsTCP():
		ns.closeTCP(s)
	}
	ns.purge(s)
	s.NoReceive, s.noSend = true, true
	ns.forget(s)
	ns.kernel.Changed()
	if s.Family == abi.AF_UNIX {
		ns.collectUnix()
	}
}

// forget takes s out of the list of sockets, and with it its port or abstract name.
func (ns *Stack) forget(s *Socket) {
	ns.Sockets = slices.DeleteFunc(slices.Clone(ns.Sockets), func(o *Socket) bool { return o == s })
}

// purge throws away what s has not read.
func (ns *Stack) purge(s *Socket) {
	for len(s.Queue) > 0 {
		p := s.Queue[0]
		ns.dropPacket(s)
		for _, f := range p.rights {
			ns.kernel.Close(f)
		}
	}
}

// dropPacket takes the first packet off s's queue.
func (ns *Stack) dropPacket(s *Socket) {
	p := &s.Queue[0]
	ns.SocketBytes -= p.weight
	s.queued -= p.weight
	if by := p.By; by != nil {
		by.Sent -= p.weight
		if by.unixWritable() {
			ns.WakeOut(by)
		}
	}
	s.Queue = s.Queue[1:]
	if len(s.Queue) == 0 {
		s.Queue = nil
	}
	ns.kernel.Changed()
}

// enqueue appends a packet to a socket's queue and wakes its reader.
func (ns *Stack) enqueue(to *Socket, p Packet) {
	to.Queue = append(slices.Clip(to.Queue), p)
	to.queued += p.weight
	ns.SocketBytes += p.weight
	if p.By != nil {
		p.By.Sent += p.weight
	}
	ns.wakeIn(to)
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
