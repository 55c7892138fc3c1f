package net

import (
	"trapline/internal/linux/abi"
)

// Sizes of buffers: net.core.wmem_default and rmem_default, their maxima, and the
// second numbers of net.ipv4.tcp_wmem and tcp_rmem.
const (
	defaultBuffer    = 212992
	MaxBuffer        = 212992
	MinSendBuffer    = 4608
	MinReceiveBuffer = 2304
	tcpSendBuffer    = 16384
	tcpReceiveBuffer = 131072
	tcpGrownBuffer   = 2626560 // of a sender, once it is connected
)

// Options are what setsockopt(2) sets. Times are nanoseconds, 0 for none.
type Options struct {
	Sndbuf, Rcvbuf, Rcvlowat    int
	SendTimeout, ReceiveTimeout uint64
	reuse, reusePort            bool
	PassCred, broadcast         bool
	keepAlive, oobInline        bool
	debug, dontRoute            bool
	Lingers                     bool
	Linger                      int32 // seconds
	Priority                    int32
	V6only                      bool
	SizedSend                   bool // SO_SNDBUF was set
	tcp                         [abi.TCP_USER_TIMEOUT + 1]int32
	Tos, ttl, pathMTU, noPort   int32
	hops, class                 int32
}

var defaultOptions = Options{
	Sndbuf: defaultBuffer, Rcvbuf: defaultBuffer, Rcvlowat: 1, ttl: 64, hops: 64, pathMTU: 1,
	tcp: [...]int32{
		abi.TCP_KEEPIDLE: 7200, abi.TCP_KEEPINTVL: 75, abi.TCP_KEEPCNT: 9, abi.TCP_SYNCNT: 6, abi.TCP_LINGER2: 60,
		abi.TCP_QUICKACK: 1, abi.TCP_USER_TIMEOUT: 0,
	},
}

// Flag is where an option that is on or off is kept, or nil.
func (o *Options) Flag(name int) *bool {
	switch name {
	case abi.SO_REUSEADDR:
		return &o.reuse
	case abi.SO_REUSEPORT:
		return &o.reusePort
	case abi.SO_PASSCRED:
		return &o.PassCred
	case abi.SO_BROADCAST:
		return &o.broadcast
	case abi.SO_KEEPALIVE:
		return &o.keepAlive
	case abi.SO_OOBINLINE:
		return &o.oobInline
	case abi.SO_DEBUG:
		return &o.debug
	case abi.SO_DONTROUTE:
		return &o.dontRoute
	}
	return nil
}

// Number is where an option of TCP or IP that is a number from low to high is kept, or
// nil. Those that are about lost packets and routers have no effect that shows here.
func (s *Socket) Number(level, name int) (at *int32, low, high int32) {
	o := &s.Opts
	switch {
	case level == abi.IPPROTO_TCP && s.IsTCP():
		switch name {
		case abi.TCP_NODELAY, abi.TCP_CORK, abi.TCP_QUICKACK:
			return &o.tcp[name], -1 << 31, 1<<31 - 1
		case abi.TCP_KEEPIDLE, abi.TCP_KEEPINTVL:
			return &o.tcp[name], 1, 32767
		case abi.TCP_KEEPCNT, abi.TCP_SYNCNT:
			return &o.tcp[name], 1, 127
		case abi.TCP_USER_TIMEOUT:
			return &o.tcp[name], 0, 1<<31 - 1
		}
	case level == abi.IPPROTO_IP && s.Family != abi.AF_UNIX:
		switch name {
		case abi.IP_TOS:
			return &o.Tos, -1 << 31, 1<<31 - 1
		case abi.IP_TTL:
			return &o.ttl, 1, 255
		case abi.IP_MTU_DISCOVER:
			return &o.pathMTU, 0, 5
		case abi.IP_BIND_ADDRESS_NO_PORT:
			return &o.noPort, 0, 1
		}
	case level == abi.IPPROTO_IPV6 && s.Family == abi.AF_INET6:
		switch name {
		case abi.IPV6_UNICAST_HOPS:
			return &o.hops, -1, 255
		case abi.IPV6_TCLASS:
			return &o.class, -1, 255
		}
	}
	return nil, 0, 0
}

func ClampBuffer(v int32) int { return int(min(uint32(v), MaxBuffer)) }
