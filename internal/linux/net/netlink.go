package net

import "trapline/internal/linux/abi"

// Sockets of AF_NETLINK: a program's way to ask the kernel of its interfaces, and what mq_notify(2) tells threads by. Of the
// protocols there is NETLINK_ROUTE. Nobody but the kernel sends to one.

// netlink is what a socket of AF_NETLINK has beside others.
type netlink struct {
	bound   bool
	port    uint32 // its nl_pid
	to      uint32 // the other's: 0 is the kernel
	groups  uint32 // that it would hear of, if anything ever changed
	toGroup uint32
	options uint32 // bit n: option n of SOL_NETLINK
}

// IsNetlink reports whether s is of AF_NETLINK.
func (s *Socket) IsNetlink() bool { return s.Family == abi.AF_NETLINK }

// checkNetlink is netlink_create().
func checkNetlink(kind, protocol int) (int, int64) {
	switch {
	case kind != abi.SOCK_RAW && kind != abi.SOCK_DGRAM:
		return 0, -ESOCKTNOSUPPORT
	case protocol != abi.NETLINK_ROUTE:
		return 0, -EPROTONOSUPPORT
	}
	return protocol, 0
}

// netlinkAddress reads a struct sockaddr_nl.
func netlinkAddress(b []byte) (abi.SockaddrNl, bool) {
	var a abi.SockaddrNl
	if len(b) < abi.Sizeof(8, a) {
		return a, false
	}
	abi.Unmarshal(8, b, &a)
	return a, a.Family == abi.AF_NETLINK
}

// takesPort gives s a number, or its process's if that is free (netlink_insert(), netlink_autobind()).
func (ns *Stack) takesPort(by Caller, s *Socket, port uint32) int64 {
	free := func(port uint32) bool {
		for _, o := range ns.Sockets {
			if o.IsNetlink() && o.netlink.bound && o.netlink.port == port {
				return false
			}
		}
		return true
	}
	if port == 0 {
		port = by.Credentials().PID
		for other := ^uint32(4096); !free(port); other-- { // Linux draws the first of these
			port = other
		}
	} else if !free(port) {
		return -EADDRINUSE
	}
	s.netlink.bound, s.netlink.port = true, port
	return 0
}

// BindNetlink is netlink_bind().
func (ns *Stack) BindNetlink(by Caller, s *Socket, b []byte) int64 {
	const groups = 1<<31 - 1 + 1<<31 // RTNLGRP_MAX is more
	a, ok := netlinkAddress(b)
	switch {
	case !ok, s.netlink.bound && a.Pid != s.netlink.port:
		return -EINVAL
	case !s.netlink.bound:
		if r := ns.takesPort(by, s, a.Pid); r != 0 {
			return r
		}
	}
	s.netlink.groups = a.Groups & groups
	return 0
}

// ConnectNetlink is netlink_connect().
func (ns *Stack) ConnectNetlink(by Caller, s *Socket, b []byte) int64 {
	if len(b) >= familySize && addressFamily(b) == abi.AF_UNSPEC {
		s.netlink.to, s.netlink.toGroup = 0, 0
		return 0
	}
	a, ok := netlinkAddress(b)
	switch {
	case !ok:
		return -EINVAL
	case (a.Pid != 0 || a.Groups != 0) && !ns.kernel.Root():
		return -EPERM
	case !s.netlink.bound:
		if r := ns.takesPort(by, s, 0); r != 0 {
			return r
		}
	}
	s.netlink.to, s.netlink.toGroup = a.Pid, a.Groups&-a.Groups
	return 0
}

// NetlinkName is the address of s, or the one that it is connected to (netlink_getname()).
func (s *Socket) NetlinkName(peer bool) []byte {
	a := abi.SockaddrNl{Family: abi.AF_NETLINK, Pid: s.netlink.port, Groups: s.netlink.groups}
	if peer {
		a.Pid, a.Groups = s.netlink.to, s.netlink.toGroup
	}
	return abi.Marshal(8, a)
}

// NetlinkOption is where an option of SOL_NETLINK is kept, as a bit; 0: there is none such.
func NetlinkOption(name int) uint32 {
	switch name {
	case abi.NETLINK_PKTINFO, abi.NETLINK_BROADCAST_ERROR, abi.NETLINK_NO_ENOBUFS, abi.NETLINK_CAP_ACK, abi.NETLINK_EXT_ACK, abi.NETLINK_GET_STRICT_CHK:
		return 1 << name
	}
	return 0
}

// SetNetlinkOption is netlink_setsockopt(). A group that it joins tells nothing: no interface changes.
func (s *Socket) SetNetlinkOption(name int, v uint32) int64 {
	const mostGroups = 64 // of the routing protocol, rounded up
	bit := NetlinkOption(name)
	switch {
	case name == abi.NETLINK_ADD_MEMBERSHIP || name == abi.NETLINK_DROP_MEMBERSHIP:
		if v == 0 || v-1 >= mostGroups {
			return -EINVAL
		}
		if group := uint32(1) << (v - 1); name == abi.NETLINK_ADD_MEMBERSHIP {
			s.netlink.groups |= group
		} else {
			s.netlink.groups &^= group
		}
		return 0
	case bit == 0:
		return -ENOPROTOOPT
	case v != 0:
		s.netlink.options |= bit
	default:
		s.netlink.options &^= bit
	}
	return 0
}

// HasNetlinkOption reports whether an option is set.
func (s *Socket) HasNetlinkOption(bit uint32) bool { return s.netlink.options&bit != 0 }

// sendNetlink is netlink_sendmsg(): the kernel answers at once.
func (ns *Stack) sendNetlink(by Caller, s *Socket, m *Message) int64 {
	if len(m.Data) == 0 {
		return -ENODATA
	}
	if r := m.checked(); r != 0 {
		return r
	}
	to, group := s.netlink.to, s.netlink.toGroup
	if m.HasTo && len(m.To) > 0 {
		a, ok := netlinkAddress(m.To)
		switch {
		case !ok:
			return -EINVAL
		case (a.Pid != 0 || a.Groups != 0) && !ns.kernel.Root():
			return -EPERM
		}
		to, group = a.Pid, a.Groups
	}
	if !s.netlink.bound {
		if r := ns.takesPort(by, s, 0); r != 0 {
			return r
		}
	}
	switch {
	case len(m.Data) > s.Opts.Sndbuf-32:
		return -EMSGSIZE
	case to != 0 || group != 0: // from nobody but root, to whom nobody listens
		return -ECONNREFUSED
	}
	ns.requests(s, m.Data)
	return int64(len(m.Data))
}

// NotifyNetlink puts a message of the kernel's into a socket's queue (netlink_sendskb()); into none if that is closed.
func (ns *Stack) NotifyNetlink(s *Socket, data []byte) {
	if !s.dead && !ns.noRoom(len(data)) {
		ns.enqueue(s, Packet{Data: data, weight: len(data)})
	}
}
