package net

import "trapline/internal/linux/abi"

// transferred is what of a TCP connection has gone over the interface.
type transferred struct {
	sent, received uint64 // bytes
	out, in        uint32 // segments with bytes
	fin            bool   // it has said that it sends no more
}

// count books a segment of n bytes from s to o.
func (s *Socket) count(o *Socket, n int) {
	s.moved.sent += uint64(n)
	s.moved.out++
	o.moved.received += uint64(n)
	o.moved.in++
}

// TCPInfo is tcp_get_info(). Everything is acknowledged at once and nothing is lost; times and rates are 0, for a segment
// takes none.
func (s *Socket) TCPInfo() abi.TcpInfo {
	const (
		segment, path        = 65483, 65535 // of the loopback interface, whose MTU is 65536
		firstWindow          = 10           // TCP_INIT_CWND
		reordered            = 3            // TCP_FASTRETRANS_THRESH
		smallest             = 536          // TCP_MSS_DEFAULT
		half                 = 32741        // what may be sent at once: half of the other end's window
		scale                = 7
		timeout, acknowledge = 204000, 40000 // TCP_RTO_MIN on a path without delay, and TCP_ATO_MIN
	)
	i := abi.TcpInfo{Max_pacing_rate: ^uint64(0), Snd_cwnd: firstWindow, Reordering: reordered}
	i.State = map[ConnState]uint8{Closed: abi.TCP_CLOSE, Listening: abi.TCP_LISTEN, Connecting: abi.TCP_SYN_SENT, Connected: abi.TCP_ESTABLISHED,
		FinWait: abi.TCP_FIN_WAIT2, CloseWait: abi.TCP_CLOSE_WAIT}[s.state]
	if s.state == Listening {
		i.Unacked, i.Sacked = uint32(len(s.Backlog)), uint32(s.backlogMax)
		return i
	}
	i.Rto, i.Snd_mss, i.Snd_ssthresh = timeout, smallest, 1<<31-1
	if s.Remote.Port == 0 || s.state == Connecting {
		return i
	}
	i.Options, i.Scales = abi.TCPI_OPT_TIMESTAMPS|abi.TCPI_OPT_SACK|abi.TCPI_OPT_WSCALE, scale|scale<<4
	i.Ato, i.Snd_mss, i.Rcv_mss, i.Advmss, i.Pmtu = acknowledge, half, smallest, segment, path
	m := &s.moved
	i.Bytes_sent, i.Bytes_acked, i.Bytes_received, i.Data_segs_out, i.Data_segs_in, i.Delivered = m.sent, m.sent, m.received, m.out, m.in, m.out+1
	if !s.child { // its SYN counts, as each FIN does
		i.Bytes_acked++
	}
	if m.fin {
		i.Bytes_acked++
		i.Delivered++
	}
	if s.ended {
		i.Bytes_received++
	}
	i.Snd_wnd = uint32(max(0, s.tcpRoom()))
	i.Rcv_space = uint32(s.Opts.Rcvbuf)
	return i
}
