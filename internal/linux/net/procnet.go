package net

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/linux/abi"
)

// The files of /proc/net that list sockets, as Linux prints them. Where a kernel prints a socket's address in memory
// there are zeros, as for who may not see it (%pK). The order of the lines, which is by keyed hashes, is the sockets' own.

// States as programs see them (enum tcp_states).
const (
	tcpTimeWait = 6
	tcpClose    = 7
)

// tcpState is a state as /proc/net shows it.
var tcpState = [...]int{Closed: tcpClose, Listening: 10, Connecting: 2, Connected: 1, FinWait: 5, CloseWait: 8}

// Headers of the lists, and the widths that their lines are filled up to (seq_setwidth()); 0: they are not.
const (
	tcpHeader  = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
	tcp6Header = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
	udpHeader  = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops"
	rawHeader  = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops"
	udp6Header = tcp6Header + " ref pointer drops"
	unixHeader = "Num       RefCount Protocol Flags    Type St Inode Path"
	tcpWidth   = 149
	udpWidth   = 127
)

// procLists are the lists by the names of their files.
var procLists = map[string]struct {
	header string
	width  int
	lines  func(*Stack, *procList)
}{
	"tcp":      {tcpHeader, tcpWidth, func(ns *Stack, l *procList) { ns.listTCP(l, abi.AF_INET) }},
	"tcp6":     {tcp6Header, 0, func(ns *Stack, l *procList) { ns.listTCP(l, abi.AF_INET6) }},
	"udp":      {udpHeader, udpWidth, func(ns *Stack, l *procList) { ns.listUDP(l, abi.AF_INET) }},
	"udp6":     {udp6Header, 0, func(ns *Stack, l *procList) { ns.listUDP(l, abi.AF_INET6) }},
	"unix":     {unixHeader, 0, (*Stack).listUnix},
	"udplite":  {udpHeader, udpWidth, nil},
	"udplite6": {udp6Header, 0, nil},
	"icmp":     {rawHeader, udpWidth, nil},
	"icmp6":    {udp6Header, 0, nil},
	"raw":      {rawHeader, 0, nil},
	"raw6":     {udp6Header, 0, nil},
	"packet":   {pointerHeader + "RefCnt Type Proto  Iface R Rmem   User   Inode", 0, nil},
}

// pointerHeader stands above a kernel's pointers, whose width it takes.
const pointerHeader = "sk "

// ProcFiles are the names of the files that list sockets, below /proc/net.
func ProcFiles() []string {
	var names []string
	for name := range procLists {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// procList is one list.
type procList struct {
	text         strings.Builder
	lines, width int
	uid          uint32
	pointer      string // a kernel's pointer
}

func (l *procList) line(format string, args ...any) {
	fmt.Fprintf(&l.text, "%-*s\n", l.width, fmt.Sprintf(format, args...))
}

// ProcFile is the text of a file below /proc/net, or false. All sockets are the user's, and a kernel's
// pointers have the size of word in bytes.
func (ns *Stack) ProcFile(name string, uid uint32, word int) (string, bool) {
	file, ok := procLists[name]
	if !ok {
		return "", false
	}
	l := &procList{width: file.width, uid: uid, pointer: strings.Repeat("0", 2*word)}
	header := file.header
	if rest, ok := strings.CutPrefix(header, pointerHeader); ok {
		header = fmt.Sprintf("%-*s%s", len(l.pointer)+1, pointerHeader, rest)
	}
	l.line("%s", header)
	if file.lines != nil {
		file.lines(ns, l)
	}
	return l.text.String(), true
}

// procAddress is an address and a port, the bytes of each word of the address from the last to the first.
func procAddress(family int, n Name) string {
	ip := n.IP[:]
	if family == abi.AF_INET {
		ip = ip[12:]
	}
	var b strings.Builder
	for ; len(ip) > 0; ip = ip[4:] {
		fmt.Fprintf(&b, "%08X", le.Uint32(ip))
	}
	return fmt.Sprintf("%s:%04X", &b, n.Port)
}

// owned gives the user and the inode of a socket, which it has when a file is its own: not before it was accepted, not after it was closed.
func (l *procList) owned(s *Socket, accepted bool) (uint32, uint64) {
	if s.dead || !accepted {
		return 0, 0
	}
	return l.uid, s.Ino
}

// accepted are the sockets that do not wait for it.
func (ns *Stack) accepted() func(*Socket) bool {
	waits := map[*Socket]bool{}
	for _, s := range ns.Sockets {
		for _, c := range s.Backlog {
			waits[c] = true
		}
	}
	return func(s *Socket) bool { return !waits[s] }
}

// listTCP lists listeners, connections and those that a closed socket has left: in FIN_WAIT2 and TIME_WAIT.
func (ns *Stack) listTCP(l *procList, family int) {
	accepted := ns.accepted()
	for _, s := range ns.Sockets {
		if s.state == Listening {
			ns.tcpLine(l, s, family, true)
		}
	}
	for _, s := range ns.Sockets {
		if s.state != Listening && s.state != Closed {
			ns.tcpLine(l, s, family, accepted(s))
		}
	}
	ns.listHeld(l, family)
}

func (ns *Stack) tcpLine(l *procList, s *Socket, family int, accepted bool) {
	if !s.IsTCP() || s.Family != family {
		return
	}
	sent, received, references := 0, s.Available(), 1
	rto, ato, delayed := 20, 0, 0 // hundredths of a second: TCP_RTO_MIN
	switch {
	case s.state == Listening:
		received, rto = len(s.Backlog), 100 // TCP_TIMEOUT_INIT
		references += len(s.Backlog)
	case s.state == Connecting:
		sent, rto = 1, 100 // the SYN
	case s.finUnread:
		received++
	}
	const window = 10 // TCP_INIT_CWND
	threshold := -1
	if s.state == Listening {
		threshold = 0 // of TCP_FASTOPEN
	}
	uid, ino := l.owned(s, accepted)
	l.line("%4d: %s %s %02X %08X:%08X 00:00000000 00000000 %5d        0 %d %d %s %d %d %d %d %d", l.lines, procAddress(family, s.Local), procAddress(family, s.Remote),
		tcpState[s.state], sent, received, uid, ino, references, l.pointer, rto, ato, delayed, window, threshold)
	l.lines++
}

// listHeld lists what holds ports after a close, with what is left of its time.
func (ns *Stack) listHeld(l *procList, family int) {
	for i, h := range ns.held {
		again := func(o heldPort) bool { return o.ip == h.ip && o.port == h.port && o.remote == h.remote }
		if h.family != family || slices.ContainsFunc(ns.held[i+1:], again) {
			continue
		}
		ns.kernel.ReadsClock()
		left := int64(h.until) - int64(ns.kernel.Now())
		if left <= 0 {
			continue
		}
		state, local := tcpTimeWait, Name{Named: true, IP: h.ip, Port: h.port}
		if slices.ContainsFunc(ns.Sockets, func(o *Socket) bool { return o.state == CloseWait && o.Remote == local && o.Local == h.remote }) {
			state = tcpState[FinWait]
		}
		const tick = 10e6 // nanoseconds
		l.line("%4d: %s %s %02X 00000000:00000000 03:%08X 00000000     0        0 0 3 %s", l.lines, procAddress(family, local), procAddress(family, h.remote),
			state, left/tick, l.pointer)
		l.lines++
	}
}

// listUDP lists sockets with a port, in the order of the kernel's table of ports.
func (ns *Stack) listUDP(l *procList, family int) {
	const buckets = 256 // UDP_HTABLE_SIZE_MIN
	list := slices.DeleteFunc(slices.Clone(ns.Sockets), func(s *Socket) bool { return !s.IsUDP() || s.Family != family || s.Bound == Unbound })
	slices.SortStableFunc(list, func(a, b *Socket) int { return int(a.Local.Port%buckets) - int(b.Local.Port%buckets) })
	for _, s := range list {
		l.line("%5d: %s %s %02X 00000000:%08X 00:00000000 00000000 %5d        0 %d 2 %s 0", s.Local.Port%buckets, procAddress(family, s.Local),
			procAddress(family, s.Remote), tcpState[s.state], s.queued, l.uid, s.Ino, l.pointer)
	}
}

// listUnix lists all sockets of AF_UNIX.
func (ns *Stack) listUnix(l *procList) {
	accepted := ns.accepted()
	peers := map[*Socket]int{}
	for _, s := range ns.Sockets {
		peers[s.Peer]++
	}
	for _, s := range ns.Sockets {
		if s.Family != abi.AF_UNIX {
			continue
		}
		const unconnected, connecting, connected = 1, 2, 3 // socket_state
		state, flags := unconnected, 0
		_, ino := l.owned(s, accepted(s))
		switch {
		case s.state == Connected && ino == 0:
			state = connecting
		case s.state == Connected:
			state = connected
		case s.state == Listening:
			flags = 1 << 16 // __SO_ACCEPTCON
		}
		name := ""
		if s.Local.Named {
			name = " " + strings.ReplaceAll(s.Local.Path, "\x00", "@")
		}
		l.line("%s: %08X 00000000 %08X %04X %02X %5d%s", l.pointer, 2+peers[s], flags, s.Kind, state, ino, name)
	}
}
