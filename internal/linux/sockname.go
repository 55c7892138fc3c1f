package linux

import (
	"bytes"
	"slices"

	"trapline/internal/linux/abi"
)

// Addresses as programs give and get them.

var (
	anyIPv4      = [16]byte{10: 0xff, 0xff}
	loopbackIPv4 = [16]byte{10: 0xff, 0xff, 127, 0, 0, 1}
	anyIPv6      = [16]byte{}
	loopbackIPv6 = [16]byte{15: 1}
)

func isIPv4(ip [16]byte) bool  { return [12]byte(ip[:12]) == [12]byte(anyIPv4[:12]) }
func isAny(ip [16]byte) bool   { return ip == anyIPv4 || ip == anyIPv6 }
func isLocal(ip [16]byte) bool { return ip == loopbackIPv6 || isIPv4(ip) && ip[12] == 127 }

// anyIP is the address of a socket that has none.
func anyIP(family int) [16]byte {
	if family == abi.AF_INET6 {
		return anyIPv6
	}
	return anyIPv4
}

// parseUnix reads a struct sockaddr_un. An address without a path has named unset.
func parseUnix(b []byte) (sockName, int64) {
	const head = 2
	if len(b) <= head || len(b) > abi.SIZEOF_SUN || le.Uint16(b) != abi.AF_UNIX {
		return sockName{}, -EINVAL
	}
	path := b[head:]
	if path[0] != 0 {
		if end := bytes.IndexByte(path, 0); end >= 0 {
			path = path[:end]
		}
	}
	return sockName{named: true, path: string(path)}, 0
}

// parseInet reads a struct sockaddr_in or sockaddr_in6 for a socket of a family.
func parseInet(family int, b []byte) (sockName, int64) {
	n := sockName{named: true}
	size := abi.SIZEOF_SOCKADDR
	if family == abi.AF_INET6 {
		size = abi.SIZEOF_SOCKADDR6 - 4 // without the scope (SIN6_LEN_RFC2133)
	}
	switch {
	case len(b) < size:
		return n, -EINVAL
	case int(le.Uint16(b)) != family:
		return n, -EAFNOSUPPORT
	}
	n.port = uint16(b[2])<<8 | uint16(b[3])
	if family == abi.AF_INET6 {
		copy(n.ip[:], b[8:24])
	} else {
		n.ip = anyIPv4
		copy(n.ip[12:], b[4:8])
	}
	return n, 0
}

// sockaddr is the address as a program of the socket's family sees it.
func (s *socket) sockaddr(n sockName) []byte {
	switch s.family {
	case abi.AF_UNIX:
		b := le.AppendUint16(nil, abi.AF_UNIX)
		if !n.named {
			return b
		}
		b = append(b, n.path...)
		if n.path[0] != 0 {
			b = append(b, 0)
		}
		return b
	case abi.AF_INET6:
		b := make([]byte, abi.SIZEOF_SOCKADDR6)
		le.PutUint16(b, abi.AF_INET6)
		b[2], b[3] = byte(n.port>>8), byte(n.port)
		copy(b[8:], n.ip[:])
		return b
	}
	b := make([]byte, abi.SIZEOF_SOCKADDR)
	le.PutUint16(b, abi.AF_INET)
	b[2], b[3] = byte(n.port>>8), byte(n.port)
	copy(b[4:], n.ip[12:])
	return b
}

// readAddress reads an address argument (move_addr_to_kernel).
func (t *Thread) readAddress(va uint64, size int) ([]byte, int64) {
	const storage = 128 // struct sockaddr_storage
	if size < 0 || size > storage {
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

// covers reports whether a socket bound to ip, of a family, takes what is sent to to.
func (s *socket) covers(to [16]byte) bool {
	switch ip := s.local.ip; {
	case ip == to:
		return true
	case ip == anyIPv4:
		return isIPv4(to)
	case ip == anyIPv6:
		return !isIPv4(to) || !s.opts.v6only
	}
	return false
}

// overlaps reports whether two bound sockets could take the same packet.
func (s *socket) overlaps(o *socket) bool { return s.covers(o.local.ip) || o.covers(s.local.ip) }

// conflicts reports whether s cannot have the port that it names beside the others.
func (k *Kernel) conflicts(s *socket, reuse bool) bool {
	for _, o := range k.sockets {
		if o == s || o.bound == unbound || o.family == abi.AF_UNIX || o.kind != s.kind || o.local.port != s.local.port || !s.overlaps(o) {
			continue
		}
		switch {
		case !reuse:
			return true
		case s.opts.reusePort && o.opts.reusePort:
		case s.opts.reuse && o.opts.reuse && (s.isUDP() || o.state != sockListening):
		default:
			return true
		}
	}
	if !s.isTCP() || reuse && s.opts.reuse {
		return false
	}
	for _, h := range k.held {
		if h.port == s.local.port && s.covers(h.ip) {
			k.readsClock()
			if k.Now() < h.until {
				return true
			}
		}
	}
	return false
}

// heldPort is a TCP port that a closed connection holds (TIME_WAIT).
type heldPort struct {
	ip    [16]byte
	port  uint16
	until uint64 // in nanoseconds, as Kernel.Now
}

// hold keeps a port for a minute (TCP_TIMEWAIT_LEN). Who asks for the port reads the clock.
func (k *Kernel) hold(n sockName) {
	const minute = 60e9
	now := k.Now()
	list := slices.DeleteFunc(slices.Clone(k.held), func(h heldPort) bool { return h.until <= now })
	if len(list) >= maxHeld {
		list = list[1:]
	}
	k.held = append(list, heldPort{n.ip, n.port, now + minute})
}

// net.ipv4.ip_local_port_range
const firstPort, lastPort = 32768, 60999

// bindPort gives s a port: the one that local names, or any free one for 0.
func (k *Kernel) bindPort(s *socket, local sockName, by boundTo) int64 {
	was := s.local
	s.local = local
	if local.port != 0 {
		if k.conflicts(s, true) {
			s.local = was
			return -EADDRINUSE
		}
		s.bound = by
		return 0
	}
	for range lastPort - firstPort + 1 {
		if k.lastPort < firstPort || k.lastPort >= lastPort {
			k.lastPort = firstPort - 1
		}
		k.lastPort++
		s.local.port = k.lastPort
		if !k.conflicts(s, false) {
			s.bound = by
			return 0
		}
	}
	s.local = was
	return -EADDRINUSE
}

// unbind takes from a socket that is disconnected the address and port that nobody chose.
func (k *Kernel) unbind(s *socket) {
	if !s.fixedIP {
		s.local.ip = anyIP(s.family)
	}
	if s.bound != boundByUser {
		s.bound = unbound
		if s.isUDP() {
			s.local.port = 0
		}
	}
}

// autobind gives an inet socket a port that it needs now.
func (k *Kernel) autobind(s *socket) int64 {
	if s.bound != unbound {
		return 0
	}
	ip := s.local.ip
	if !s.local.named {
		ip = anyIP(s.family)
	}
	if r := k.bindPort(s, sockName{named: true, ip: ip}, boundByUse); r != 0 {
		return -EAGAIN
	}
	return 0
}

func (k *Kernel) bindInet(s *socket, b []byte) int64 {
	if s.family == abi.AF_INET && len(b) >= abi.SIZEOF_SOCKADDR && le.Uint16(b) == abi.AF_UNSPEC && le.Uint32(b[4:]) == 0 {
		b = append(le.AppendUint16(nil, abi.AF_INET), b[2:]...)
	}
	n, r := parseInet(s.family, b)
	switch {
	case r != 0:
		return r
	case s.opts.v6only && s.family == abi.AF_INET6 && isIPv4(n.ip):
		return -EINVAL
	case s.family == abi.AF_INET && !isAny(n.ip) && !isLocal(n.ip):
		return -EADDRNOTAVAIL
	case n.port != 0 && n.port < 1024 && k.user().UID != 0:
		return -EACCES
	case s.state != sockClosed || s.bound != unbound:
		return -EINVAL
	case !isAny(n.ip) && !isLocal(n.ip):
		return -EADDRNOTAVAIL
	}
	by := boundByUser
	if n.port == 0 {
		by = boundByUse
	}
	if r := k.bindPort(s, n, by); r != 0 {
		return r
	}
	s.fixedIP = s.fixedIP || !isAny(n.ip)
	s.opts.v6only = s.opts.v6only || !isAny(n.ip) && !isIPv4(n.ip)
	return 0
}

// destination is where a packet to n goes: the address, with which source if the
// socket has none, or an error. There are routes to the loopback interface only.
func (s *socket) destination(n sockName) (sockName, [16]byte, int64) {
	own := s.local.named && !isAny(s.local.ip)
	switch {
	case n.ip == anyIPv4 && own && isIPv4(s.local.ip):
		n.ip = s.local.ip
	case n.ip == anyIPv4, n.ip == anyIPv6 && own && isIPv4(s.local.ip):
		n.ip = loopbackIPv4
	case n.ip == anyIPv6:
		n.ip = loopbackIPv6
	}
	switch {
	case s.opts.v6only && isIPv4(n.ip), !isLocal(n.ip):
		return n, n.ip, -ENETUNREACH
	case s.family == abi.AF_INET6 && s.local.named && isIPv4(s.local.ip) && !isIPv4(n.ip):
		return n, n.ip, -EAFNOSUPPORT
	case isIPv4(n.ip):
		return n, loopbackIPv4, 0
	}
	return n, loopbackIPv6, 0
}
