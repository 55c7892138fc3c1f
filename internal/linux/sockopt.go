package linux

import (
	"time"

	"trapline/internal/linux/abi"
)

// Sizes of buffers: net.core.wmem_default and rmem_default, their maxima, and the
// second numbers of net.ipv4.tcp_wmem and tcp_rmem.
const (
	defaultBuffer    = 212992
	maxBuffer        = 212992
	minSendBuffer    = 4608
	minReceiveBuffer = 2304
	tcpSendBuffer    = 16384
	tcpReceiveBuffer = 131072
	tcpGrownBuffer   = 2626560 // of a sender, once it is connected
)

// sockOptions are what setsockopt(2) sets. Times are nanoseconds, 0 for none.
type sockOptions struct {
	sndbuf, rcvbuf, rcvlowat    int
	sendTimeout, receiveTimeout uint64
	reuse, reusePort            bool
	passCred, broadcast         bool
	keepAlive, oobInline        bool
	debug, dontRoute            bool
	lingers                     bool
	linger                      int32 // seconds
	priority                    int32
	v6only                      bool
	sizedSend                   bool // SO_SNDBUF was set
	tcp                         [abi.TCP_USER_TIMEOUT + 1]int32
	tos, ttl, pathMTU, noPort   int32
	hops, class                 int32
}

var defaultOptions = sockOptions{
	sndbuf: defaultBuffer, rcvbuf: defaultBuffer, rcvlowat: 1, ttl: 64, hops: 64, pathMTU: 1,
	tcp: [...]int32{
		abi.TCP_KEEPIDLE: 7200, abi.TCP_KEEPINTVL: 75, abi.TCP_KEEPCNT: 9, abi.TCP_SYNCNT: 6, abi.TCP_LINGER2: 60,
		abi.TCP_QUICKACK: 1, abi.TCP_USER_TIMEOUT: 0,
	},
}

// flag is where an option that is on or off is kept, or nil.
func (o *sockOptions) flag(name int) *bool {
	switch name {
	case abi.SO_REUSEADDR:
		return &o.reuse
	case abi.SO_REUSEPORT:
		return &o.reusePort
	case abi.SO_PASSCRED:
		return &o.passCred
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

// number is where an option of TCP or IP that is a number from low to high is kept, or
// nil. Those that are about lost packets and routers have no effect that shows here.
func (s *socket) number(level, name int) (at *int32, low, high int32) {
	o := &s.opts
	switch {
	case level == abi.IPPROTO_TCP && s.isTCP():
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
	case level == abi.IPPROTO_IP && s.family != abi.AF_UNIX:
		switch name {
		case abi.IP_TOS:
			return &o.tos, -1 << 31, 1<<31 - 1
		case abi.IP_TTL:
			return &o.ttl, 1, 255
		case abi.IP_MTU_DISCOVER:
			return &o.pathMTU, 0, 5
		case abi.IP_BIND_ADDRESS_NO_PORT:
			return &o.noPort, 0, 1
		}
	case level == abi.IPPROTO_IPV6 && s.family == abi.AF_INET6:
		switch name {
		case abi.IPV6_UNICAST_HOPS:
			return &o.hops, -1, 255
		case abi.IPV6_TCLASS:
			return &o.class, -1, 255
		}
	}
	return nil, 0, 0
}

func (k *Kernel) setOption(t *Thread, s *socket, c *call, level, name int, va uint64, size int) int64 {
	if size < 0 {
		return -EINVAL
	}
	if level != abi.SOL_SOCKET {
		return s.setProtocolOption(t, level, name, va, size)
	}
	if size < 4 {
		return -EINVAL
	}
	b := make([]byte, 4)
	if !t.proc.mm.Read(va, b) {
		return -EFAULT
	}
	v := int32(le.Uint32(b))
	o := &s.opts
	if at := o.flag(name); at != nil {
		switch {
		case name == abi.SO_DEBUG && v != 0 && k.user().UID != 0:
			return -EACCES
		case name == abi.SO_PASSCRED && s.family != abi.AF_UNIX:
			return -ENOTSUP
		case name == abi.SO_REUSEPORT && v != 0 && s.family == abi.AF_UNIX:
			return -ENOTSUP
		}
		*at = v != 0
		return 0
	}
	if (name == abi.SO_SNDBUFFORCE || name == abi.SO_RCVBUFFORCE) && !k.privileged() {
		return -EPERM
	}
	switch name {
	case abi.SO_SNDBUF, abi.SO_SNDBUFFORCE:
		o.sndbuf, o.sizedSend = max(2*clampBuffer(v), minSendBuffer), true
		k.wakeOut(s)
	case abi.SO_RCVBUF, abi.SO_RCVBUFFORCE:
		o.rcvbuf = max(2*clampBuffer(v), minReceiveBuffer)
	case abi.SO_RCVLOWAT:
		if v < 0 {
			v = 1<<31 - 1
		}
		o.rcvlowat = max(int(v), 1)
		if s.isTCP() {
			o.rcvlowat = min(o.rcvlowat, o.rcvbuf/2)
		}
	case abi.SO_PRIORITY:
		if v < 0 || v > 6 && k.user().UID != 0 {
			return -EPERM
		}
		o.priority = v
	case abi.SO_LINGER:
		if size < 8 {
			return -EINVAL
		}
		b := make([]byte, 8)
		if !t.proc.mm.Read(va, b) {
			return -EFAULT
		}
		o.lingers = le.Uint32(b) != 0
		if o.lingers {
			o.linger = int32(le.Uint32(b[4:]))
		}
	case abi.SO_RCVTIMEO_OLD, abi.SO_RCVTIMEO_NEW:
		return t.readTimeout(c, name == abi.SO_RCVTIMEO_NEW, va, size, &o.receiveTimeout)
	case abi.SO_SNDTIMEO_OLD, abi.SO_SNDTIMEO_NEW:
		return t.readTimeout(c, name == abi.SO_SNDTIMEO_NEW, va, size, &o.sendTimeout)
	default:
		return -ENOPROTOOPT
	}
	return 0
}

func clampBuffer(v int32) int { return int(min(uint32(v), maxBuffer)) }

// readTimeout reads a struct timeval.
func (t *Thread) readTimeout(c *call, wide bool, va uint64, size int, to *uint64) int64 {
	word := c.word()
	if wide {
		word = 8
	}
	if size < 2*word {
		return -EINVAL
	}
	b := make([]byte, 2*word)
	if !t.proc.mm.Read(va, b) {
		return -EFAULT
	}
	sec, usec := wordAt(b, 0, word), wordAt(b, 1, word)
	const most = 1 << 32 // seconds, more than any run has
	switch {
	case usec >= 1_000_000:
		return -EDOM
	case sec >= most: // negative too, which is at once
		*to = 0
		if int64(sec) < 0 {
			*to = 1
		}
	default:
		*to = sec*uint64(time.Second) + usec*uint64(time.Microsecond)
	}
	return 0
}

func (s *socket) setProtocolOption(t *Thread, level, name int, va uint64, size int) int64 {
	if s.family == abi.AF_UNIX {
		return -ENOTSUP
	}
	at, low, high := s.number(level, name)
	v6only := level == abi.IPPROTO_IPV6 && name == abi.IPV6_V6ONLY && s.family == abi.AF_INET6
	switch {
	case size < 4 && level != abi.IPPROTO_IP && (at != nil || v6only || level == abi.IPPROTO_TCP && s.isTCP()):
		return -EINVAL
	case at == nil && !v6only:
		return -ENOPROTOOPT
	}
	b := make([]byte, 4)
	if size < 4 { // of IPPROTO_IP: one byte
		size = min(size, 1)
	}
	if !t.proc.mm.Read(va, b[:min(size, 4)]) {
		return -EFAULT
	}
	v := int32(le.Uint32(b))
	if v6only {
		if s.bound != unbound {
			return -EINVAL
		}
		s.opts.v6only = v != 0
		return 0
	}
	switch {
	case name == abi.IP_TTL && level == abi.IPPROTO_IP && v == -1:
		v = 64
	case v < low || v > high:
		return -EINVAL
	}
	if level == abi.IPPROTO_TCP && low < 0 && v != 0 {
		v = 1
	}
	if at == &s.opts.tos {
		const congestion = 3 // bits that are TCP's own
		if v &= 0xff; s.isTCP() {
			v = v&^congestion | *at&congestion
		}
	}
	*at = v
	return 0
}

// option is what getsockopt(2) gives.
func (k *Kernel) option(s *socket, c *call, level, name int) ([]byte, int64) {
	int32s := func(l ...int32) ([]byte, int64) {
		var b []byte
		for _, v := range l {
			b = le.AppendUint32(b, uint32(v))
		}
		return b, 0
	}
	boolean := func(v bool) ([]byte, int64) {
		if v {
			return int32s(1)
		}
		return int32s(0)
	}
	if level != abi.SOL_SOCKET {
		at, _, _ := s.number(level, name)
		switch {
		case s.family == abi.AF_UNIX:
			return nil, -ENOTSUP
		case at != nil:
			return int32s(*at)
		case level == abi.IPPROTO_IPV6 && name == abi.IPV6_V6ONLY && s.family == abi.AF_INET6:
			return boolean(s.opts.v6only)
		case level == abi.IPPROTO_TCP && name == abi.TCP_MAXSEG && s.isTCP():
			if s.state == sockClosed || s.state == sockListening {
				return int32s(536)
			}
			return int32s(65483)
		}
		if s.family == abi.AF_INET && level != abi.IPPROTO_IP && !(level == abi.IPPROTO_TCP && s.isTCP()) {
			return nil, -ENOTSUP
		}
		return nil, -ENOPROTOOPT
	}
	o := &s.opts
	if at := o.flag(name); at != nil {
		if name == abi.SO_PASSCRED && s.family != abi.AF_UNIX {
			return nil, -ENOTSUP
		}
		return boolean(*at)
	}
	switch name {
	case abi.SO_TYPE:
		return int32s(int32(s.kind))
	case abi.SO_DOMAIN:
		return int32s(int32(s.family))
	case abi.SO_PROTOCOL:
		return int32s(int32(s.protocol))
	case abi.SO_ERROR:
		return int32s(int32(-s.takeError()))
	case abi.SO_SNDBUF:
		return int32s(int32(o.sndbuf))
	case abi.SO_RCVBUF:
		return int32s(int32(o.rcvbuf))
	case abi.SO_RCVLOWAT:
		return int32s(int32(o.rcvlowat))
	case abi.SO_SNDLOWAT:
		return int32s(1)
	case abi.SO_PRIORITY:
		return int32s(o.priority)
	case abi.SO_ACCEPTCONN:
		return boolean(s.state == sockListening)
	case abi.SO_LINGER:
		on, _ := boolean(o.lingers)
		return le.AppendUint32(on, uint32(o.linger)), 0
	case abi.SO_PEERCRED:
		return int32s(int32(s.cred.pid), int32(s.cred.uid), int32(s.cred.gid))
	case abi.SO_RCVTIMEO_OLD, abi.SO_SNDTIMEO_OLD, abi.SO_RCVTIMEO_NEW, abi.SO_SNDTIMEO_NEW:
		ns := o.receiveTimeout
		if name == abi.SO_SNDTIMEO_OLD || name == abi.SO_SNDTIMEO_NEW {
			ns = o.sendTimeout
		}
		sec, usec := ns/uint64(time.Second), ns%uint64(time.Second)/uint64(time.Microsecond)
		if c.compat && name < abi.SO_RCVTIMEO_NEW {
			return int32s(int32(sec), int32(usec))
		}
		return le.AppendUint64(le.AppendUint64(nil, sec), usec), 0
	}
	return nil, -ENOPROTOOPT
}
