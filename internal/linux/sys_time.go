package linux

import (
	"time"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// readTimespec reads a timespec of two words as nanoseconds.
func (k *Kernel) readTimespec(t *Thread, va uint64, word int) (uint64, int64) {
	b := make([]byte, 2*word)
	if !t.proc.mm.Read(va, b) {
		return 0, -EFAULT
	}
	sec, nsec := wordAt(b, 0, word), wordAt(b, 1, word)
	if word == 4 {
		sec = uint64(int64(int32(sec)))
	}
	if int64(sec) < 0 || nsec >= uint64(time.Second) {
		return 0, -EINVAL
	}
	if sec > 1<<32 {
		return 1 << 62, 0
	}
	return sec*uint64(time.Second) + nsec, 0
}

// putTime writes seconds and a fraction in units of unit nanoseconds.
func putTime(mm *mm.MM, va, ns, unit uint64, word int) int64 {
	b := make([]byte, 16)
	sec, frac := ns/uint64(time.Second), ns%uint64(time.Second)/unit
	if word == 4 {
		le.PutUint32(b, uint32(sec))
		le.PutUint32(b[4:], uint32(frac))
	} else {
		le.PutUint64(b, sec)
		le.PutUint64(b[8:], frac)
	}
	if !mm.Write(va, b[:2*word]) {
		return -EFAULT
	}
	return 0
}

func sysGettimeofday(k *Kernel, t *Thread, c *call) int64 {
	k.readsClock()
	if c.arg[0] != 0 {
		if r := putTime(t.proc.mm, c.arg[0], k.realTime(), 1000, c.word()); r != 0 {
			return r
		}
	}
	if c.arg[1] != 0 && !putWord(t.proc.mm, c.arg[1], 8, 0) {
		return -EFAULT
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
	word := c.word()
	if c.arg[0] != 0 {
		b := make([]byte, 4*word)
		if word == 4 {
			le.PutUint32(b, uint32(t.proc.cpuTime()/perTick))
			le.PutUint32(b[8:], uint32(t.proc.buried/perTick))
		} else {
			le.PutUint64(b, t.proc.cpuTime()/perTick)
			le.PutUint64(b[16:], t.proc.buried/perTick)
		}
		if !t.proc.mm.Write(c.arg[0], b) {
			return -EFAULT
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
		putTime(t.proc.mm, rem, deadline-k.Now(), 1, word)
	}
	if absolute {
		return t.block(restartNoHand, deadline)
	}
	return t.block(restartBlock, deadline)
}
