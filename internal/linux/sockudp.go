package linux

import "trapline/internal/linux/abi"

// UDP over the loopback interface.

// parseUDP is parseInet; a socket of IPv6 takes addresses of IPv4 too.
func (s *socket) parseUDP(b []byte) (sockName, int64) {
	if s.family == abi.AF_INET6 && len(b) >= 2 && le.Uint16(b) == abi.AF_INET {
		return parseInet(abi.AF_INET, b)
	}
	return parseInet(s.family, b)
}

func (k *Kernel) connectUDP(s *socket, b []byte) int64 {
	if len(b) < 2 {
		return -EINVAL
	}
	if le.Uint16(b) == abi.AF_UNSPEC {
		s.become(sockClosed)
		s.remote = sockName{}
		k.unbind(s)
		return 0
	}
	if r := k.autobind(s); r != 0 {
		return r
	}
	n, r := s.parseUDP(b)
	if r != 0 {
		return r
	}
	n, from, r := s.destination(n)
	if r != 0 {
		return r
	}
	if isAny(s.local.ip) {
		s.local.ip = from
	}
	s.become(sockConnected)
	s.remote = n
	return 0
}

func (k *Kernel) sendUDP(f *File, m *sockMessage) int64 {
	const most4, most6 = 65507, 65527
	s := f.sock
	if r := k.autobind(s); r != 0 {
		return r
	}
	if s.family == abi.AF_INET && len(m.data) > 0xffff {
		return -EMSGSIZE
	}
	to := s.remote
	if m.hasTo && s.family == abi.AF_INET6 && len(m.to) >= 2 && le.Uint16(m.to) == abi.AF_UNSPEC {
		m.hasTo = false
	}
	switch {
	case m.hasTo:
		if s.family == abi.AF_INET && len(m.to) >= abi.SIZEOF_SOCKADDR && le.Uint16(m.to) == abi.AF_UNSPEC {
			m.to = append(le.AppendUint16(nil, abi.AF_INET), m.to[2:]...)
		}
		var r int64
		if to, r = s.parseUDP(m.to); r != 0 {
			return r
		}
		if s.opts.v6only && isIPv4(to.ip) {
			return -ENETUNREACH
		}
		if isIPv4(to.ip) && len(m.data) > 0xffff {
			return -EMSGSIZE
		}
		if to.port == 0 {
			return -EINVAL
		}
	case s.state != sockConnected:
		return -EDESTADDRREQ
	case to.port == 0 && s.family == abi.AF_INET6 && isIPv4(to.ip):
		return -EINVAL
	}
	if r := m.checked(); r != 0 {
		return r
	}
	to, from, r := s.destination(to)
	if r != 0 {
		return r
	}
	switch {
	case isIPv4(to.ip) && len(m.data) > most4, len(m.data) > most6:
		return -EMSGSIZE
	case s.err != 0:
		return s.takeError()
	case s.noSend:
		return -EPIPE
	}
	source := sockName{named: true, ip: s.local.ip, port: s.local.port}
	if isAny(source.ip) {
		source.ip = from
	}
	o := k.receiver(source, to)
	if o == nil {
		if s.state == sockConnected && s.remote.takes(to) { // ICMP: port unreachable
			s.err = abi.ECONNREFUSED
			k.wakeAll(s)
		}
		return int64(len(m.data))
	}
	p := packet{data: m.data, from: source, weight: udpWeight(len(m.data))}
	if o.queued+p.weight > o.opts.rcvbuf || k.noRoom(p.weight) {
		return int64(len(m.data)) // lost, as a datagram may be
	}
	k.enqueue(o, p)
	return int64(len(m.data))
}

// udpWeight is the truesize of a datagram of n bytes: short ones have a slab of their own.
func udpWeight(n int) int {
	const headers, short, slab = 64, 320, 832
	if n+headers <= short {
		return slab
	}
	return headWeight(n + headers)
}

// takes reports whether a socket connected to n has to do with one at o: port 0 is any.
func (n sockName) takes(o sockName) bool { return n.ip == o.ip && (n.port == 0 || n.port == o.port) }

// receiver is the socket that takes a datagram, or nil (compute_score).
func (k *Kernel) receiver(from, to sockName) *socket {
	var found *socket
	best := 0
	for _, o := range k.sockets {
		if !o.isUDP() || o.bound == unbound || o.local.port != to.port || !o.covers(to.ip) {
			continue
		}
		score := 1
		if isIPv4(o.local.ip) == isIPv4(to.ip) {
			score++
		}
		if o.local.ip == to.ip {
			score += 4
		}
		if o.state == sockConnected {
			if !o.remote.takes(from) {
				continue
			}
			score += 8
		}
		if score >= best { // of equals the youngest
			best, found = score, o
		}
	}
	return found
}
