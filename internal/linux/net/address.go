package net

import (
	"bytes"

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

// AnyIP is the address of a socket that has none.
func AnyIP(family int) [16]byte {
	if family == abi.AF_INET6 {
		return anyIPv6
	}
	return anyIPv4
}

// addressFamily is the sa_family that every address begins with; it has that many bytes at least.
func addressFamily(b []byte) int { return int(le.Uint16(b)) }

// asInet is an address with AF_INET for its family.
func asInet(b []byte) []byte { return append(le.AppendUint16(nil, abi.AF_INET), b[familySize:]...) }

// familySize is the size of sa_family in bytes.
const familySize = 2

// parseUnix reads a struct sockaddr_un. An address without a path has named unset.
func parseUnix(b []byte) (Name, int64) {
	if len(b) <= familySize || len(b) > abi.SIZEOF_SUN || addressFamily(b) != abi.AF_UNIX {
		return Name{}, -EINVAL
	}
	path := b[familySize:]
	if path[0] != 0 {
		if end := bytes.IndexByte(path, 0); end >= 0 {
			path = path[:end]
		}
	}
	return Name{Named: true, Path: string(path)}, 0
}

// parseInet reads a struct sockaddr_in or sockaddr_in6 for a socket of a family.
func parseInet(family int, b []byte) (Name, int64) {
	n := Name{Named: true}
	size := abi.SIZEOF_SOCKADDR
	if family == abi.AF_INET6 {
		size = abi.SIZEOF_SOCKADDR6 - 4 // without the scope (SIN6_LEN_RFC2133)
	}
	switch {
	case len(b) < size:
		return n, -EINVAL
	case addressFamily(b) != family:
		return n, -EAFNOSUPPORT
	}
	if family == abi.AF_INET6 {
		var a abi.SockaddrIn6
		abi.Unmarshal(8, append(b[:size:size], make([]byte, 4)...), &a)
		n.Port, n.IP = a.Port.Ntohs(), a.Addr
		return n, 0
	}
	var a abi.SockaddrIn
	abi.Unmarshal(8, b, &a)
	n.Port, n.IP = a.Port.Ntohs(), anyIPv4
	copy(n.IP[12:], a.Addr[:])
	return n, 0
}

// Sockaddr is the address as a program of the socket's family sees it.
func (s *Socket) Sockaddr(n Name) []byte {
	switch s.Family {
	case abi.AF_UNIX:
		b := le.AppendUint16(nil, abi.AF_UNIX)
		if !n.Named {
			return b
		}
		b = append(b, n.Path...)
		if n.Path[0] != 0 {
			b = append(b, 0)
		}
		return b
	case abi.AF_INET6:
		return abi.Marshal(8, abi.SockaddrIn6{Family: abi.AF_INET6, Port: abi.Htons(n.Port), Addr: n.IP})
	}
	return abi.Marshal(8, abi.SockaddrIn{Family: abi.AF_INET, Port: abi.Htons(n.Port), Addr: [4]byte(n.IP[12:])})
}

// covers reports whether a socket bound to ip, of a family, takes what is sent to to.
func (s *Socket) covers(to [16]byte) bool {
	switch ip := s.Local.IP; {
	case ip == to:
		return true
	case ip == anyIPv4:
		return isIPv4(to)
	case ip == anyIPv6:
		return !isIPv4(to) || !s.Opts.V6only
	}
	return false
}

// net.ipv4.ip_local_port_range
const FirstPort, LastPort = 32768, 60999

// bindPort gives s a port: the one that local names, or any free one for 0.
func (ns *Stack) bindPort(s *Socket, local Name, by boundTo) int64 {
	was := s.Local
	s.Local = local
	if local.Port != 0 {
		if ns.conflicts(s, true) {
			s.Local = was
			return -EADDRINUSE
		}
		s.Bound = by
		return 0
	}
	for range LastPort - FirstPort + 1 {
		if ns.lastPort < FirstPort || ns.lastPort >= LastPort {
			ns.lastPort = FirstPort - 1
		}
		ns.lastPort++
		s.Local.Port = ns.lastPort
		if !ns.conflicts(s, false) {
			s.Bound = by
			return 0
		}
	}
	s.Local = was
	return -EADDRINUSE
}

// unbind takes from a socket that is disconnected the address and port that nobody chose.
func (ns *Stack) unbind(s *Socket) {
	if !s.fixedIP {
		s.Local.IP = AnyIP(s.Family)
	}
	if s.Bound != boundByUser {
		s.Bound = Unbound
		if s.IsUDP() {
			s.Local.Port = 0
		}
	}
}

// autobind gives an inet socket a port that it needs now.
func (ns *Stack) autobind(s *Socket) int64 {
	if s.Bound != Unbound {
		return 0
	}
	ip := s.Local.IP
	if !s.Local.Named {
		ip = AnyIP(s.Family)
	}
	if r := ns.bindPort(s, Name{Named: true, IP: ip}, boundByUse); r != 0 {
		return -EAGAIN
	}
	return 0
}

func (ns *Stack) BindInet(s *Socket, b []byte) int64 {
	if s.Family == abi.AF_INET && len(b) >= abi.SIZEOF_SOCKADDR && addressFamily(b) == abi.AF_UNSPEC {
		var a abi.SockaddrIn
		if abi.Unmarshal(8, b, &a); a.Addr == [4]byte{} { // INADDR_ANY
			b = asInet(b)
		}
	}
	n, r := parseInet(s.Family, b)
	switch {
	case r != 0:
		return r
	case s.Opts.V6only && s.Family == abi.AF_INET6 && isIPv4(n.IP):
		return -EINVAL
	case s.Family == abi.AF_INET && !isAny(n.IP) && !isLocal(n.IP):
		return -EADDRNOTAVAIL
	case n.Port != 0 && n.Port < 1024 && !ns.kernel.Root():
		return -EACCES
	case s.state != Closed || s.Bound != Unbound:
		return -EINVAL
	case !isAny(n.IP) && !isLocal(n.IP):
		return -EADDRNOTAVAIL
	}
	by := boundByUser
	if n.Port == 0 {
		by = boundByUse
	}
	if r := ns.bindPort(s, n, by); r != 0 {
		s.Local.IP = AnyIP(s.Family)
		return r
	}
	s.fixedIP = s.fixedIP || n.IP != AnyIP(s.Family) // ::ffff:0.0.0.0 is an address too (SOCK_BINDADDR_LOCK)
	s.Opts.V6only = s.Opts.V6only || !isAny(n.IP) && !isIPv4(n.IP)
	return 0
}

// destination is where a packet to n goes: the address, with which source if the
// socket has none, or an error. There are routes to the loopback interface only.
func (s *Socket) destination(n Name) (Name, [16]byte, int64) {
	own := s.Local.Named && !isAny(s.Local.IP)
	switch {
	case n.IP == anyIPv4 && own && isIPv4(s.Local.IP):
		n.IP = s.Local.IP
	case n.IP == anyIPv4, n.IP == anyIPv6 && own && isIPv4(s.Local.IP):
		n.IP = loopbackIPv4
	case n.IP == anyIPv6:
		n.IP = loopbackIPv6
	}
	switch {
	case s.Opts.V6only && isIPv4(n.IP), !isLocal(n.IP):
		return n, n.IP, -ENETUNREACH
	case s.Family == abi.AF_INET6 && s.Local.Named && isIPv4(s.Local.IP) && !isIPv4(n.IP):
		return n, n.IP, -EAFNOSUPPORT
	case isIPv4(n.IP):
		return n, loopbackIPv4, 0
	}
	return n, loopbackIPv6, 0
}

// SenderAddress is what recvfrom(2) gives as the address: nothing for one without a name.
func (s *Socket) SenderAddress(a *Arrival) []byte {
	switch {
	case s.IsNetlink() && a.hasFrom: // the kernel
		return abi.Marshal(8, abi.SockaddrNl{Family: abi.AF_NETLINK})
	case !a.hasFrom || !a.from.Named:
		return nil
	}
	return s.Sockaddr(a.from)
}
