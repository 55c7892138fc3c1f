package abi

// What TCP_INFO says: states of a connection, and options of TCP that it uses.
const (
	TCP_INFO = 11

	TCP_ESTABLISHED = 1
	TCP_SYN_SENT    = 2
	TCP_FIN_WAIT2   = 5
	TCP_CLOSE       = 7
	TCP_CLOSE_WAIT  = 8
	TCP_LISTEN      = 10

	TCPI_OPT_TIMESTAMPS = 1
	TCPI_OPT_SACK       = 2
	TCPI_OPT_WSCALE     = 4
)

// TcpInfo is struct tcp_info of include/uapi/linux/tcp.h, as 6.1 has it. Times are in microseconds, those since an event
// in milliseconds.
type TcpInfo struct {
	State, Ca_state, Retransmits, Probes, Backoff, Options uint8
	Scales                                                 uint8 `c:"-"` // of windows: the one sent, the one received in the upper half
	Limited                                                uint8 `c:"-"`

	Rto, Ato, Snd_mss, Rcv_mss                                   uint32
	Unacked, Sacked, Lost, Retrans, Fackets                      uint32
	Last_data_sent, Last_ack_sent, Last_data_recv, Last_ack_recv uint32
	Pmtu, Rcv_ssthresh, Rtt, Rttvar, Snd_ssthresh, Snd_cwnd      uint32
	Advmss, Reordering, Rcv_rtt, Rcv_space, Total_retrans        uint32
	Pacing_rate, Max_pacing_rate, Bytes_acked, Bytes_received    uint64
	Segs_out, Segs_in, Notsent_bytes, Min_rtt                    uint32
	Data_segs_in, Data_segs_out                                  uint32
	Delivery_rate, Busy_time, Rwnd_limited, Sndbuf_limited       uint64
	Delivered, Delivered_ce                                      uint32
	Bytes_sent, Bytes_retrans                                    uint64
	Dsack_dups, Reord_seen, Rcv_ooopack, Snd_wnd                 uint32
}
