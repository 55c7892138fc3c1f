package linux

import (
	"time"

	"trapline/internal/linux/abi"
)

// readTimespec reads a struct timespec as nanoseconds.
func (k *Kernel) readTimespec(t *Thread, va uint64, word int) (uint64, int64) {
	var ts abi.Timespec
	if !copyFromUser(t.proc.mm, va, word, &ts) {
		return 0, -EFAULT
	}
	return nanosecondsOf(ts)
}

// nanosecondsOf is a length of time in nanoseconds, one that is past any run at most 1<<62.
func nanosecondsOf(ts abi.Timespec) (uint64, int64) {
	switch {
	case ts.Sec < 0 || uint64(ts.Nsec) >= uint64(time.Second):
		return 0, -EINVAL
	case ts.Sec > 1<<32:
		return 1 << 62, 0
	}
	return uint64(ts.Sec)*uint64(time.Second) + uint64(ts.Nsec), 0
}

// timespecOf is nanoseconds as a struct timespec.
func timespecOf(ns uint64) abi.Timespec {
	return abi.Timespec{Sec: abi.Long(ns / uint64(time.Second)), Nsec: abi.Long(ns % uint64(time.Second))}
}

// timevalOf is nanoseconds as a struct timeval.
func timevalOf(ns uint64) abi.Timeval {
	return abi.Timeval{Sec: abi.Long(ns / uint64(time.Second)), Usec: abi.Long(ns % uint64(time.Second) / uint64(time.Microsecond))}
}

// copyOut is copyToUser as the result of a call.
func (t *Thread) copyOut(va uint64, word int, v any) int64 {
	if !copyToUser(t.proc.mm, va, word, v) {
		return -EFAULT
	}
	return 0
}

func sysGettimeofday(k *Kernel, t *Thread, c *call) int64 {
	k.readsClock()
	if c.arg[0] != 0 {
		if r := t.copyOut(c.arg[0], c.word(), timevalOf(k.realTime())); r != 0 {
			return r
		}
	}
	if c.arg[1] != 0 {
		return t.copyOut(c.arg[1], c.word(), abi.Timezone{})
	}
	return 0
}

func sysTime(k *Kernel, t *Thread, c *call) int64 {
	k.readsClock()
	sec := k.realTime() / uint64(time.Second)
	if c.arg[0] != 0 && !putWord(t.proc.mm, c.arg[0], c.word(), sec) {
		return -EFAULT
	}
	return int64(sec)
}

func sysTimes(k *Kernel, t *Thread, c *call) int64 {
	const perTick = uint64(time.Second) / clockTicks
	k.readsClock()
	k.readsRan = true
	if c.arg[0] != 0 {
		tms := abi.Tms{Utime: abi.Long(t.proc.cpuTime() / perTick), Cutime: abi.Long(t.proc.buried / perTick)}
		if r := t.copyOut(c.arg[0], c.word(), tms); r != 0 {
			return r
		}
	}
	return int64(k.Now() / perTick)
}

func sysNanosleep(k *Kernel, t *Thread, c *call) int64 {
	return k.sleep(t, c.arg[0], c.arg[1], c.word(), false, 0)
}

func sysClockNanosleep(k *Kernel, t *Thread, c *call) int64 {
	return k.clockSleep(t, c, c.word())
}

func sysClockNanosleep64(k *Kernel, t *Thread, c *call) int64 { return k.clockSleep(t, c, 8) }

func (k *Kernel) clockSleep(t *Thread, c *call, word int) int64 {
	on, ok := t.clock(c.int(0))
	switch {
	case clockIsFile(c.int(0)):
		return -ENOTSUP
	case !ok:
		return -EINVAL
	case on.cpu() && c.int(0) != abi.CLOCK_THREAD_CPUTIME_ID:
		return k.cpuSleep(t, on, c.arg[2], c.arg[3], word, c.arg[1]&abi.TIMER_ABSTIME != 0)
	case on.cpu(), on.id == abi.CLOCK_MONOTONIC_RAW || on.id == abi.CLOCK_REALTIME_COARSE || on.id == abi.CLOCK_MONOTONIC_COARSE:
		return -ENOTSUP
	}
	return k.sleep(t, c.arg[2], c.arg[3], word, c.arg[1]&abi.TIMER_ABSTIME != 0, k.shows(on))
}

// sleep waits for a time, or (absolute) until a clock that shows now reaches
// it. A signal ends it with EINTR and the rest of the time.
func (k *Kernel) sleep(t *Thread, req, rem uint64, word int, absolute bool, now uint64) int64 {
	d, r := k.readTimespec(t, req, word)
	if r != 0 {
		return r
	}
	if absolute {
		k.readsClock()
		d -= min(d, now)
	}
	deadline := t.until(d)
	if t.deadlinePassed() {
		return 0
	}
	if rem != 0 && !absolute {
		copyToUser(t.proc.mm, rem, word, timespecOf(deadline-k.Now()))
	}
	if absolute {
		return t.block(restartNoHand, deadline)
	}
	return t.block(restartBlock, deadline)
}
