package abi

// Sigaction is struct sigaction of include/linux/signal_types.h, rt_sigaction(2)'s, and struct
// compat_sigaction of include/linux/compat.h.
type Sigaction struct {
	Handler, Flags, Restorer ULong
	Mask                     uint64
}

// OldSigaction is struct compat_old_sigaction of include/linux/compat.h, i386's sigaction(2)'s.
type OldSigaction struct {
	Handler               uint32 `c:"_u._sa_handler"`
	Mask, Flags, Restorer uint32
}

// Sigaltstack is stack_t of include/uapi/asm-generic/signal-defs.h.
type Sigaltstack struct {
	Sp    ULong
	Flags uint32
	Size  ULong
}

// Siginfo is siginfo_t of include/uapi/asm-generic/siginfo.h, 128 bytes.
type Siginfo struct {
	Signo, Errno, Code int32
	_                  [0]ULong // the union begins where a pointer can be
	Sifields           Sifields `c:"_sifields"`
	_                  [80]byte `word:"8"`
	_                  [96]byte `word:"4"`
}

// Sifields is union __sifields, of which a signal has one field.
type Sifields struct {
	_        union
	Kill     SiKill     `c:"_kill"`
	Timer    SiTimer    `c:"_timer"`
	Rt       SiRt       `c:"_rt"`
	Sigchld  SiSigchld  `c:"_sigchld"`
	Sigfault SiSigfault `c:"_sigfault"`
	Sigpoll  SiSigpoll  `c:"_sigpoll"`
}

// SiKill is of a signal that kill(2) has sent.
type SiKill struct {
	Pid int32  `c:"_pid"`
	Uid uint32 `c:"_uid"`
}

// SiTimer is of a POSIX timer's signal.
type SiTimer struct {
	Tid     int32 `c:"_tid"`
	Overrun int32 `c:"_overrun"`
	Sigval  ULong `c:"_sigval"`
	_       int32 // the kernel's own
}

// SiRt is of a signal with a value.
type SiRt struct {
	Pid    int32  `c:"_pid"`
	Uid    uint32 `c:"_uid"`
	Sigval ULong  `c:"_sigval"`
}

// SiSigchld is of SIGCHLD.
type SiSigchld struct {
	Pid    int32  `c:"_pid"`
	Uid    uint32 `c:"_uid"`
	Status int32  `c:"_status"`
	Utime  Long   `c:"_utime"` // ticks
	Stime  Long   `c:"_stime"`
}

// SiSigfault is of an exception.
type SiSigfault struct {
	Addr ULong `c:"_addr"`
	_    [3]ULong
}

// SiSigpoll is of a signal that tells of a file.
type SiSigpoll struct {
	Band Long  `c:"_band"`
	Fd   int32 `c:"_fd"`
}

// SignalfdSiginfo is struct signalfd_siginfo of include/uapi/linux/signalfd.h, 128 bytes.
type SignalfdSiginfo struct {
	Signo        uint32
	Errno, Code  int32
	Pid, Uid     uint32
	Fd           int32
	Tid, Band    uint32
	Overrun      uint32
	Trapno       uint32
	Status, Int  int32
	Ptr          uint64
	Utime, Stime uint64
	Addr         uint64
	AddrLsb      uint16 `c:"ssi_addr_lsb"`
	_            [46]byte
}
