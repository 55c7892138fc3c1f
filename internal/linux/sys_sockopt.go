package linux

import (
	"time"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
)

// What setsockopt(2) and getsockopt(2) set and tell.

func (k *Kernel) setOption(t *Thread, s *net.Socket, c *call, level, name int, va uint64, size int) int64 {
	if size < 0 {
		return -EINVAL
	}
	if level != abi.SOL_SOCKET {
		return t.setProtocolOption(s, level, name, va, size)
	}
	if size < 4 {
		return -EINVAL
	}
	b := make([]byte, 4)
	if !t.proc.mm.Read(va, b) {
		return -EFAULT
	}
	v := int32(le.Uint32(b))
	o := &s.Opts
	if at := o.Flag(name); at != nil {
		switch {
		case name == abi.SO_DEBUG && v != 0 && k.user().UID != 0:
			return -EACCES
		case name == abi.SO_PASSCRED && s.Family != abi.AF_UNIX:
			return -ENOTSUP
		case name == abi.SO_REUSEPORT && v != 0 && s.Family == abi.AF_UNIX:
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
		o.Sndbuf, o.SizedSend = max(2*net.ClampBuffer(v), net.MinSendBuffer), true
		k.net.WakeOut(s)
	case abi.SO_RCVBUF, abi.SO_RCVBUFFORCE:
		o.Rcvbuf = max(2*net.ClampBuffer(v), net.MinReceiveBuffer)
	case abi.SO_RCVLOWAT:
		if v < 0 {
			v = 1<<31 - 1
		}
		o.Rcvlowat = max(int(v), 1)
		if s.IsTCP() {
			o.Rcvlowat = min(o.Rcvlowat, o.Rcvbuf/2)
		}
	case abi.SO_PRIORITY:
		if v < 0 || v > 6 && k.user().UID != 0 {
			return -EPERM
		}
		o.Priority = v
	case abi.SO_LINGER:
		var l abi.Linger
		if size < abi.Sizeof(c.word(), l) {
			return -EINVAL
		}
		if !copyFromUser(t.proc.mm, va, c.word(), &l) {
			return -EFAULT
		}
		o.Lingers = l.Onoff != 0
		if o.Lingers {
			o.Linger = l.Linger
		}
	case abi.SO_RCVTIMEO_OLD, abi.SO_RCVTIMEO_NEW:
		return t.readTimeout(c, name == abi.SO_RCVTIMEO_NEW, va, size, &o.ReceiveTimeout)
	case abi.SO_SNDTIMEO_OLD, abi.SO_SNDTIMEO_NEW:
		return t.readTimeout(c, name == abi.SO_SNDTIMEO_NEW, va, size, &o.SendTimeout)
	default:
		return -ENOPROTOOPT
	}
	return 0
}

// readTimeout reads a struct timeval.
func (t *Thread) readTimeout(c *call, wide bool, va uint64, size int, to *uint64) int64 {
	word := c.word()
	if wide {
		word = 8
	}
	var tv abi.Timeval
	if size < abi.Sizeof(word, tv) {
		return -EINVAL
	}
	if !copyFromUser(t.proc.mm, va, word, &tv) {
		return -EFAULT
	}
	const most = 1 << 32 // seconds, more than any run has
	switch {
	case uint64(tv.Usec) >= 1_000_000:
		return -EDOM
	case tv.Sec < 0: // at once
		*to = 1
	case tv.Sec >= most:
		*to = 0
	default:
		*to = uint64(tv.Sec)*uint64(time.Second) + uint64(tv.Usec)*uint64(time.Microsecond)
	}
	return 0
}

// setNetlinkOption is netlink_setsockopt(): an option of fewer than 4 bytes is 0.
func (t *Thread) setNetlinkOption(s *net.Socket, level, name int, va uint64, size int) int64 {
	v, ok := uint64(0), true
	if size >= 4 {
		v, ok = getWord(t.proc.mm, va, 4)
	}
	switch {
	case level != abi.SOL_NETLINK:
		return -ENOPROTOOPT
	case !ok:
		return -EFAULT
	}
	return s.SetNetlinkOption(name, uint32(v))
}

func (t *Thread) setProtocolOption(s *net.Socket, level, name int, va uint64, size int) int64 {
	if s.Family == abi.AF_UNIX {
		return -ENOTSUP
	}
	if s.IsNetlink() {
		return t.setNetlinkOption(s, level, name, va, size)
	}
	at, low, high := s.Number(level, name)
	v6only := level == abi.IPPROTO_IPV6 && name == abi.IPV6_V6ONLY && s.Family == abi.AF_INET6
	switch {
	case size < 4 && level != abi.IPPROTO_IP && (at != nil || v6only || level == abi.IPPROTO_TCP && s.IsTCP()):
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
		if s.Bound != net.Unbound {
			return -EINVAL
		}
		s.Opts.V6only = v != 0
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
	if at == &s.Opts.Tos {
		const congestion = 3 // bits that are TCP's own
		if v &= 0xff; s.IsTCP() {
			v = v&^congestion | *at&congestion
		}
	}
	*at = v
	return 0
}

// option is what getsockopt(2) gives.
func (k *Kernel) option(s *net.Socket, c *call, level, name int) ([]byte, int64) {
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
		at, _, _ := s.Number(level, name)
		switch {
		case s.Family == abi.AF_UNIX:
			return nil, -ENOTSUP
		case s.IsNetlink():
			bit := net.NetlinkOption(name)
			if level != abi.SOL_NETLINK || bit == 0 {
				return nil, -ENOPROTOOPT
			}
			return boolean(s.HasNetlinkOption(bit))
		case at != nil:
			return int32s(*at)
		case level == abi.IPPROTO_IPV6 && name == abi.IPV6_V6ONLY && s.Family == abi.AF_INET6:
			return boolean(s.Opts.V6only)
		case level == abi.IPPROTO_TCP && name == abi.TCP_INFO && s.IsTCP():
			return abi.Marshal(c.word(), s.TCPInfo()), 0
		case level == abi.IPPROTO_TCP && name == abi.TCP_MAXSEG && s.IsTCP():
			if s.State() == net.Closed || s.State() == net.Listening {
				return int32s(536)
			}
			return int32s(65483)
		}
		if s.Family == abi.AF_INET && level != abi.IPPROTO_IP && !(level == abi.IPPROTO_TCP && s.IsTCP()) {
			return nil, -ENOTSUP
		}
		return nil, -ENOPROTOOPT
	}
	o := &s.Opts
	if at := o.Flag(name); at != nil {
		if name == abi.SO_PASSCRED && s.Family != abi.AF_UNIX {
			return nil, -ENOTSUP
		}
		return boolean(*at)
	}
	switch name {
	case abi.SO_TYPE:
		return int32s(int32(s.Kind))
	case abi.SO_DOMAIN:
		return int32s(int32(s.Family))
	case abi.SO_PROTOCOL:
		return int32s(int32(s.Protocol))
	case abi.SO_ERROR:
		return int32s(int32(-s.TakeError()))
	case abi.SO_SNDBUF:
		return int32s(int32(o.Sndbuf))
	case abi.SO_RCVBUF:
		return int32s(int32(o.Rcvbuf))
	case abi.SO_RCVLOWAT:
		return int32s(int32(o.Rcvlowat))
	case abi.SO_SNDLOWAT:
		return int32s(1)
	case abi.SO_PRIORITY:
		return int32s(o.Priority)
	case abi.SO_ACCEPTCONN:
		return boolean(s.State() == net.Listening)
	case abi.SO_LINGER:
		return abi.Marshal(c.word(), abi.Linger{Onoff: int32(oneIf(o.Lingers)), Linger: o.Linger}), 0
	case abi.SO_PEERCRED:
		return abi.Marshal(c.word(), s.Cred.Ucred()), 0
	case abi.SO_RCVTIMEO_OLD, abi.SO_SNDTIMEO_OLD, abi.SO_RCVTIMEO_NEW, abi.SO_SNDTIMEO_NEW:
		ns := o.ReceiveTimeout
		if name == abi.SO_SNDTIMEO_OLD || name == abi.SO_SNDTIMEO_NEW {
			ns = o.SendTimeout
		}
		word := c.word()
		if name >= abi.SO_RCVTIMEO_NEW {
			word = 8
		}
		return abi.Marshal(word, timevalOf(ns)), 0
	}
	return nil, -ENOPROTOOPT
}
