package abi

// Clocks of clock_gettime(2).
const (
	CLOCK_REALTIME           = 0
	CLOCK_MONOTONIC          = 1
	CLOCK_PROCESS_CPUTIME_ID = 2
	CLOCK_THREAD_CPUTIME_ID  = 3
	CLOCK_MONOTONIC_RAW      = 4
	CLOCK_REALTIME_COARSE    = 5
	CLOCK_MONOTONIC_COARSE   = 6
	CLOCK_BOOTTIME           = 7
	CLOCK_REALTIME_ALARM     = 8
	CLOCK_BOOTTIME_ALARM     = 9
	CLOCK_TAI                = 11
)

// Timers: of setitimer(2), timer_create(2) and timerfd_create(2).
const (
	ITIMER_REAL             = 0
	ITIMER_VIRTUAL          = 1
	ITIMER_PROF             = 2
	TIMER_ABSTIME           = 1
	TFD_TIMER_ABSTIME       = 1
	TFD_TIMER_CANCEL_ON_SET = 2
	SIGEV_SIGNAL            = 0
	SIGEV_NONE              = 1
	SIGEV_THREAD            = 2
	SIGEV_THREAD_ID         = 4
)

// Of adjtimex(2): modes, states and results.
const (
	ADJ_OFFSET          = 0x0001
	ADJ_OFFSET_READONLY = 0x2000
	ADJ_ADJTIME         = 0x8000
	STA_UNSYNC          = 0x0040
	TIME_ERROR          = 5
)
