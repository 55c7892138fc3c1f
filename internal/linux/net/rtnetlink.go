package net

import "trapline/internal/linux/abi"

// The routing protocol of netlink(7): the one interface, lo, and its addresses. Nobody may change them.

// loopbackIndex is the number of lo.
const loopbackIndex = 1

// requests answers the messages of one datagram (netlink_rcv_skb()).
func (ns *Stack) requests(s *Socket, b []byte) {
	head := abi.Sizeof(8, abi.Nlmsghdr{})
	for len(b) >= head {
		var h abi.Nlmsghdr
		abi.Unmarshal(8, b, &h)
		if int(h.Len) < head || int(h.Len) > len(b) {
			return
		}
		whole := b[:h.Len]
		failed := int64(0)
		if h.Flags&abi.NLM_F_REQUEST != 0 && h.Type >= abi.NLMSG_MIN_TYPE {
			failed = ns.request(s, h, whole[head:])
		}
		if failed != 0 || h.Flags&abi.NLM_F_ACK != 0 {
			ns.acknowledge(s, h, whole[head:], failed)
		}
		b = b[min(int(h.Len+3)&^3, len(b)):]
	}
}

// request is one message, and what rtnetlink_rcv_msg() says of it.
func (ns *Stack) request(s *Socket, h abi.Nlmsghdr, body []byte) int64 {
	const kinds, get = 4, 2 // of each subject: new, delete, get, set
	switch {
	case h.Type > abi.RTM_MAX:
		return -ENOTSUP
	case len(body) == 0:
		return 0
	case h.Type%kinds != get && !ns.kernel.Root():
		return -EPERM
	case h.Flags&abi.NLM_F_DUMP != 0:
		return ns.dump(s, h, body)
	case h.Type == abi.RTM_GETLINK:
		return ns.oneLink(s, h, body)
	}
	return -ENOTSUP
}

// dump sends all there is of a subject: a datagram for each family, and the end.
func (ns *Stack) dump(s *Socket, h abi.Nlmsghdr, body []byte) int64 {
	family := int(body[0])
	switch h.Type {
	case abi.RTM_GETLINK:
		ns.reply(s, h, abi.RTM_NEWLINK, abi.NLM_F_MULTI, loopback())
	case abi.RTM_GETADDR:
		if family != abi.AF_INET6 {
			ns.reply(s, h, abi.RTM_NEWADDR, abi.NLM_F_MULTI, address4())
		}
		if family != abi.AF_INET {
			ns.reply(s, h, abi.RTM_NEWADDR, abi.NLM_F_MULTI, address6())
		}
	default:
		return -ENOTSUP
	}
	ns.reply(s, h, abi.NLMSG_DONE, abi.NLM_F_MULTI, make([]byte, 4))
	return 0
}

// oneLink is rtnl_getlink(): of the interface with a number, or a name.
func (ns *Stack) oneLink(s *Socket, h abi.Nlmsghdr, body []byte) int64 {
	var m abi.Ifinfomsg
	size := abi.Sizeof(8, m)
	if len(body) < size {
		return -EINVAL
	}
	abi.Unmarshal(8, body, &m)
	name := ""
	for b := body[size:]; len(b) >= 4; {
		var a abi.Rtattr
		abi.Unmarshal(8, b, &a)
		if a.Len < 4 || int(a.Len) > len(b) {
			break
		}
		if a.Type == abi.IFLA_IFNAME {
			name = string(b[4:a.Len])
		}
		b = b[min(int(a.Len+3)&^3, len(b)):]
	}
	switch {
	case m.Index <= 0 && name == "":
		return -EINVAL
	case m.Index > 0 && m.Index != loopbackIndex, m.Index <= 0 && name != "lo\x00" && name != "lo":
		return -ENODEV
	}
	ns.reply(s, h, abi.RTM_NEWLINK, 0, loopback())
	return 0
}

// reply sends one message as a datagram.
func (ns *Stack) reply(s *Socket, h abi.Nlmsghdr, kind, flags uint16, body []byte) {
	head := abi.Nlmsghdr{Type: kind, Flags: flags, Seq: h.Seq, Pid: s.netlink.port}
	head.Len = uint32(abi.Sizeof(8, head) + len(body))
	ns.NotifyNetlink(s, append(abi.Marshal(8, head), body...))
}

// acknowledge tells of an error, with the request, or of none (netlink_ack()).
func (ns *Stack) acknowledge(s *Socket, h abi.Nlmsghdr, body []byte, failed int64) {
	answer := abi.Marshal(8, abi.Nlmsgerr{Error: int32(failed), Msg: h})
	flags := uint16(abi.NLM_F_CAPPED)
	if failed != 0 && !s.HasNetlinkOption(NetlinkOption(abi.NETLINK_CAP_ACK)) {
		answer, flags = append(answer, body...), 0
	}
	ns.reply(s, h, abi.NLMSG_ERROR, flags, answer)
}

// attribute is one attribute, with the padding behind it.
func attribute(kind uint16, data []byte) []byte {
	b := abi.Marshal(8, abi.Rtattr{Len: uint16(4 + len(data)), Type: kind})
	b = append(b, data...)
	return append(b, make([]byte, -len(b)&3)...)
}

func number(v uint32) []byte { return le.AppendUint32(nil, v) }

// loopback is what is told of lo (rtnl_fill_ifinfo()).
func loopback() []byte {
	b := abi.Marshal(8, abi.Ifinfomsg{Type: abi.ARPHRD_LOOPBACK, Index: loopbackIndex,
		Flags: abi.IFF_UP | abi.IFF_LOOPBACK | abi.IFF_RUNNING | abi.IFF_LOWER_UP})
	for _, a := range []struct {
		kind uint16
		data []byte
	}{
		{abi.IFLA_IFNAME, []byte("lo\x00")}, {abi.IFLA_TXQLEN, number(1000)}, {abi.IFLA_OPERSTATE, []byte{0}}, {abi.IFLA_LINKMODE, []byte{0}},
		{abi.IFLA_MTU, number(65536)}, {abi.IFLA_GROUP, number(0)}, {abi.IFLA_PROMISCUITY, number(0)}, {abi.IFLA_NUM_TX_QUEUES, number(1)},
		{abi.IFLA_NUM_RX_QUEUES, number(1)}, {abi.IFLA_CARRIER, []byte{1}}, {abi.IFLA_QDISC, []byte("noqueue\x00")},
		{abi.IFLA_ADDRESS, make([]byte, 6)}, {abi.IFLA_BROADCAST, make([]byte, 6)},
	} {
		b = append(b, attribute(a.kind, a.data)...)
	}
	return b
}

// forever is the life of an address, and when it was made.
func forever() []byte {
	return attribute(abi.IFA_CACHEINFO, abi.Marshal(8, abi.IfaCacheinfo{Prefered: ^uint32(0), Valid: ^uint32(0)}))
}

// address4 is 127.0.0.1/8 (inet_fill_ifaddr()).
func address4() []byte {
	home := []byte{127, 0, 0, 1}
	b := abi.Marshal(8, abi.Ifaddrmsg{Family: abi.AF_INET, Prefixlen: 8, Flags: abi.IFA_F_PERMANENT, Scope: abi.RT_SCOPE_HOST, Index: loopbackIndex})
	b = append(b, attribute(abi.IFA_ADDRESS, home)...)
	b = append(b, attribute(abi.IFA_LOCAL, home)...)
	b = append(b, attribute(abi.IFA_LABEL, []byte("lo\x00"))...)
	b = append(b, attribute(abi.IFA_FLAGS, number(abi.IFA_F_PERMANENT))...)
	return append(b, forever()...)
}

// address6 is ::1/128 (inet6_fill_ifaddr()).
func address6() []byte {
	b := abi.Marshal(8, abi.Ifaddrmsg{Family: abi.AF_INET6, Prefixlen: 128, Flags: abi.IFA_F_PERMANENT, Scope: abi.RT_SCOPE_HOST, Index: loopbackIndex})
	b = append(b, attribute(abi.IFA_ADDRESS, append(make([]byte, 15), 1))...)
	b = append(b, forever()...)
	return append(b, attribute(abi.IFA_FLAGS, number(abi.IFA_F_PERMANENT))...)
}
