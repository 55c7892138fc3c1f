package abi

// Netlink sockets: the routing protocol, of which there is what tells of interfaces and addresses.
const (
	NETLINK_ROUTE = 0
	MAX_LINKS     = 32
	SOL_NETLINK   = 270

	NETLINK_ADD_MEMBERSHIP  = 1
	NETLINK_DROP_MEMBERSHIP = 2
	NETLINK_PKTINFO         = 3
	NETLINK_BROADCAST_ERROR = 4
	NETLINK_NO_ENOBUFS      = 5
	NETLINK_CAP_ACK         = 10
	NETLINK_EXT_ACK         = 11
	NETLINK_GET_STRICT_CHK  = 12
)

// Flags and kinds of messages.
const (
	NLM_F_REQUEST = 1
	NLM_F_MULTI   = 2
	NLM_F_ACK     = 4
	NLM_F_CAPPED  = 0x100
	NLM_F_DUMP    = 0x300

	NLMSG_ERROR    = 2
	NLMSG_DONE     = 3
	NLMSG_MIN_TYPE = 16

	RTM_NEWLINK = 16
	RTM_GETLINK = 18
	RTM_NEWADDR = 20
	RTM_GETADDR = 22
	RTM_MAX     = 123 // 6.1's
)

// Attributes and flags of interfaces and addresses.
const (
	IFLA_ADDRESS       = 1
	IFLA_BROADCAST     = 2
	IFLA_IFNAME        = 3
	IFLA_MTU           = 4
	IFLA_QDISC         = 6
	IFLA_TXQLEN        = 13
	IFLA_OPERSTATE     = 16
	IFLA_LINKMODE      = 17
	IFLA_GROUP         = 27
	IFLA_PROMISCUITY   = 30
	IFLA_NUM_TX_QUEUES = 31
	IFLA_NUM_RX_QUEUES = 32
	IFLA_CARRIER       = 33

	IFA_ADDRESS   = 1
	IFA_LOCAL     = 2
	IFA_LABEL     = 3
	IFA_CACHEINFO = 6
	IFA_FLAGS     = 8

	IFA_F_PERMANENT = 0x80
	RT_SCOPE_HOST   = 254

	IFF_UP       = 0x1
	IFF_LOOPBACK = 0x8
	IFF_RUNNING  = 0x40
	IFF_LOWER_UP = 0x10000

	ARPHRD_LOOPBACK = 772
)

// SockaddrNl is struct sockaddr_nl of include/uapi/linux/netlink.h.
type SockaddrNl struct {
	Family      uint16
	_           uint16
	Pid, Groups uint32
}

// Nlmsghdr is struct nlmsghdr of include/uapi/linux/netlink.h. Len counts it, too.
type Nlmsghdr struct {
	Len         uint32
	Type, Flags uint16
	Seq, Pid    uint32
}

// Nlmsgerr is struct nlmsgerr of include/uapi/linux/netlink.h.
type Nlmsgerr struct {
	Error int32
	Msg   Nlmsghdr
}

// Rtattr is struct rtattr of include/uapi/linux/rtnetlink.h. Len counts it, too.
type Rtattr struct{ Len, Type uint16 }

// Ifinfomsg is struct ifinfomsg of include/uapi/linux/rtnetlink.h.
type Ifinfomsg struct {
	Family        uint8
	_             uint8
	Type          uint16
	Index         int32
	Flags, Change uint32
}

// Ifaddrmsg is struct ifaddrmsg of include/uapi/linux/if_addr.h.
type Ifaddrmsg struct {
	Family, Prefixlen, Flags, Scope uint8
	Index                           uint32
}

// IfaCacheinfo is struct ifa_cacheinfo of include/uapi/linux/if_addr.h: seconds, and hundredths of them.
type IfaCacheinfo struct {
	Prefered uint32 `c:"ifa_prefered"`
	Valid    uint32 `c:"ifa_valid"`
	Cstamp   uint32 `c:"cstamp"`
	Tstamp   uint32 `c:"tstamp"`
}
