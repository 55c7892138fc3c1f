package net

import "trapline/internal/linux/abi"

// UDP over the loopback interface.

// parseUDP is parseInet; a socket of IPv6 takes addresses of IPv4 too.
func (s *Socket) parseUDP(b []byte) (Name, int64) {
	if s.Family == abi.AF_INET6 && len(b) >= 2 && addressFamily(b) == abi.AF_INET {
		return parseInet(abi.AF_INET, b)
	}
	return parseInet(s.Family, b)
}

func (ns *Stack) ConnectUDP(s *Socket, b []byte) int64 {
	if len(b) < 2 {
		return -EINVAL
	}
	if addressFamily(b) == abi.AF_UNSPEC {
		s.become(Closed)
		s.Remote = Name{}
		ns.unbind(s)
		return 0
	}
	if r := ns.autobind(s); r != 0 {
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
	if isAny(s.Local.IP) {
		s.Local.IP = from
	}
	s.become(Connected)
	s.Remote = n
	return 0
}

func (ns *Stack) sendUDP(s *Socket, m *Message) int64 {
	const most4, most6 = 65507, 65527
	if r := ns.autobind(s); r != 0 {
		return r
	}
	if s.Family == abi.AF_INET && len(m.Data) > 0xffff {
		return -EMSGSIZE
	}
	to := s.Remote
	if m.HasTo && s.Family == abi.AF_INET6 && len(m.To) >= 2 && addressFamily(m.To) == abi.AF_UNSPEC {
		if s.state == Connected && isIPv4(s.Remote.IP) { // by IPv6, which has no route there
			return -ENETUNREACH
		}
		m.HasTo = false
	}
	switch {
	case m.HasTo:
		if s.Family == abi.AF_INET && len(m.To) >= abi.SIZEOF_SOCKADDR && addressFamily(m.To) == abi.AF_UNSPEC {
			m.To = asInet(m.To)
		}
		var r int64
		if to, r = s.parseUDP(m.To); r != 0 {
			return r
		}
		if s.Opts.V6only && isIPv4(to.IP) {
			return -ENETUNREACH
		}
		if isIPv4(to.IP) && len(m.Data) > 0xffff {
			return -EMSGSIZE
		}
		if to.Port == 0 {
			return -EINVAL
		}
	case s.state != Connected:
		return -EDESTADDRREQ
	case isIPv4(to.IP) && len(m.Data) > 0xffff:
		return -EMSGSIZE
	case to.Port == 0 && s.Family == abi.AF_INET6 && isIPv4(to.IP):
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
	case isIPv4(to.IP) && len(m.Data) > most4, len(m.Data) > most6:
		return -EMSGSIZE
	case s.Err != 0:
		return s.TakeError()
	case s.noSend:
		return -EPIPE
	}
	source := Name{Named: true, IP: s.Local.IP, Port: s.Local.Port}
	if isAny(source.IP) {
		source.IP = from
	}
	ns.WakeOut(s) // the loopback interface takes the packet at once (skb_orphan)
	o := ns.receiver(source, to)
	if o == nil {
		if s.state == Connected && s.Remote.takes(to) { // ICMP: port unreachable
			s.Err = abi.ECONNREFUSED
			ns.failed(s)
		}
		return int64(len(m.Data))
	}
	p := Packet{Data: m.Data, from: source, weight: udpWeight(len(m.Data))}
	if o.queued+p.weight > o.Opts.Rcvbuf || ns.noRoom(p.weight) {
		return int64(len(m.Data)) // lost, as a datagram may be
	}
	ns.enqueue(o, p)
	return int64(len(m.Data))
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
func (n Name) takes(o Name) bool { return n.IP == o.IP && (n.Port == 0 || n.Port == o.Port) }

// receiver is the socket that takes a datagram, or nil (compute_score).
func (ns *Stack) receiver(from, to Name) *Socket {
	var found *Socket
	best := 0
	for _, o := range ns.Sockets {
		if !o.IsUDP() || o.Bound == Unbound || o.Local.Port != to.Port || !o.covers(to.IP) {
			continue
		}
		score := 1
		if isIPv4(o.Local.IP) == isIPv4(to.IP) {
			score++
		}
		if o.Local.IP == to.IP {
			score += 4
		}
		if o.state == Connected {
			if !o.Remote.takes(from) {
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
