package abi

// Timespec is struct timespec of include/uapi/linux/time.h, and with words of 8 bytes
// struct __kernel_timespec of both architectures: a moment or a length of time.
type Timespec struct{ Sec, Nsec Long }

// Timeval is struct timeval, in seconds and microseconds.
type Timeval struct{ Sec, Usec Long }

// Itimerspec is struct itimerspec: how long from one time to the next, and how long to the first.
type Itimerspec struct{ Interval, Value Timespec }

// Itimerval is struct itimerval.
type Itimerval struct{ Interval, Value Timeval }

// Timezone is struct timezone.
type Timezone struct{ Minuteswest, Dsttime int32 }

// Utimbuf is struct utimbuf of include/uapi/linux/utime.h, in seconds.
type Utimbuf struct{ Actime, Modtime Long }

// Tms is struct tms of include/uapi/linux/times.h, in ticks of 10 ms.
type Tms struct{ Utime, Stime, Cutime, Cstime Long }

// Timex is struct timex of include/uapi/linux/timex.h, and with words of 8 bytes struct
// __kernel_timex of both architectures.
type Timex struct {
	Modes                                  uint32
	Offset, Freq, Maxerror, Esterror       Long
	Status                                 int32
	Constant, Precision, Tolerance         Long
	Time                                   Timeval
	Tick, Ppsfreq, Jitter                  Long
	Shift                                  int32
	Stabil, Jitcnt, Calcnt, Errcnt, Stbcnt Long
	Tai                                    int32
	_                                      [11]int32
}

// Sigevent is struct sigevent of include/uapi/asm-generic/siginfo.h.
type Sigevent struct {
	Value  ULong
	Signo  int32
	Notify int32
	Tid    int32 `c:"_sigev_un._tid"`
	_      [44]byte
	_      [4]byte `word:"4"`
}
