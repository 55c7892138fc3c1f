package net

import (
	"slices"

	"trapline/internal/linux/abi"
)

// Which ports a socket can have beside others (inet_csk_get_port, udp_lib_get_port).

// portHolder is what of a socket decides who may share its port.
type portHolder struct {
	family, kind     int
	ip               [16]byte
	port             uint16
	v6only           bool
	reuse, reusePort bool
	listens          bool
}

func (s *Socket) asHolder() portHolder {
	o := &s.Opts
	return portHolder{s.Family, s.Kind, s.Local.IP, s.Local.Port, s.Family == abi.AF_INET6 && o.V6only, o.reuse, o.reusePort, s.state == Listening}
}

// ipv4 is the address as IPv4 has it (sk_rcv_saddr): of one of IPv6 alone, 127.0.0.6
// (LOOPBACK4_IPV6).
func (p *portHolder) ipv4() [4]byte {
	switch {
	case p.ip == anyIPv6:
		return [4]byte{}
	case isIPv4(p.ip):
		return [4]byte(p.ip[12:])
	}
	return [4]byte{127, 0, 0, 6}
}

// overlaps reports whether the addresses of two holders of a port meet, where any address
// meets all (inet_rcv_saddr_equal). It is not symmetric.
func (p *portHolder) overlaps(o *portHolder) bool {
	four := func() bool {
		a, b := p.ipv4(), o.ipv4()
		return !o.v6only && (a == b || a == [4]byte{} || b == [4]byte{})
	}
	if p.family == abi.AF_INET {
		return four()
	}
	mapped, otherMapped := isIPv4(p.ip), isIPv4(o.ip)
	switch {
	case mapped && otherMapped:
		return four()
	case o.ip == anyIPv6 && !(o.v6only && mapped), p.ip == anyIPv6 && !(p.v6only && otherMapped):
		return true
	}
	return p.ip == o.ip
}

// shareBucket reports whether TCP looks at o when p asks for one address: only at those
// with the same one or with any (inet_bind2_bucket_match, inet_bind2_bucket_match_addr_any).
func (p *portHolder) shareBucket(o *portHolder) bool {
	if o.v6only && isIPv4(p.ip) {
		return false
	}
	if p.family == abi.AF_INET {
		return p.ip == o.ip || isAny(o.ip)
	}
	return p.ip == o.ip || o.ip == anyIPv6 || o.family == abi.AF_INET && o.ip == anyIPv4 && isIPv4(p.ip)
}

// meets reports whether p could not have its port beside o, had neither asked to share it.
func (p *portHolder) meets(o *portHolder) bool {
	if p.kind != o.kind || p.port != o.port {
		return false
	}
	if p.kind == abi.SOCK_STREAM && !isAny(p.ip) { // inet_use_hash2_on_bind
		return p.shareBucket(o)
	}
	return p.overlaps(o)
}

// shares reports whether both have asked to share the port (inet_bind_conflict).
func (p *portHolder) shares(o *portHolder) bool {
	return p.reusePort && o.reusePort || p.reuse && o.reuse && !o.listens
}

// conflicts reports whether s cannot have the port that it names beside the others, which
// with reuse may have been asked to share it.
func (ns *Stack) conflicts(s *Socket, reuse bool) bool {
	p := s.asHolder()
	for _, other := range ns.Sockets {
		if other == s || other.Bound == Unbound || other.Family == abi.AF_UNIX {
			continue
		}
		if o := other.asHolder(); p.meets(&o) && !(reuse && p.shares(&o)) {
			return true
		}
	}
	for i := range ns.held {
		if h := &ns.held[i]; p.meets(&h.portHolder) && !(reuse && p.shares(&h.portHolder)) {
			ns.kernel.ReadsClock()
			if ns.kernel.Now() < h.until {
				return true
			}
		}
	}
	return false
}

// heldPort is a TCP port that a closed connection holds (TIME_WAIT).
type heldPort struct {
	portHolder
	remote Name   // the other end
	until  uint64 // in nanoseconds, as Kernel.Now
}

// hold keeps the port of a closed connection for a minute (TCP_TIMEWAIT_LEN). Who asks for the
// port reads the clock.
func (ns *Stack) hold(s *Socket) {
	const minute = 60e9
	now := ns.kernel.Now()
	list := slices.DeleteFunc(slices.Clone(ns.held), func(h heldPort) bool { return h.until <= now })
	if len(list) >= maxHeld {
		list = list[1:]
	}
	ns.held = append(list, heldPort{s.asHolder(), s.Remote, now + minute})
}
