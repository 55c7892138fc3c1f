package linux

import (
	"time"

	"trapline/emu"
	"trapline/emu/linux/abi"
)

// readTimespec reads a timespec of two words as nanoseconds.
func (k *Kernel) readTimespec(t *Thread, va uint64, word int) (uint64, int64) {
	b := make([]byte, 2*word)
	if !t.proc.mm.Read(va, b) {
		return 0, errnoFault
	}
	sec, nsec := wordAt(b, 0, word), wordAt(b, 1, word)
	if word == 4 {
		sec = uint64(int64(int32(sec)))
	}
	if int64(sec) < 0 || nsec >= uint64(time.Second) {
		return 0, errnoInvalid
	}
	if sec > 1<<32 {
		return 1 << 62, 0
	}
	return sec*uint64(time.Second) + nsec, 0
}

// putTime writes seconds and a fraction in units of unit nanoseconds.
func putTime(mm *MM, va, ns, unit uint64, word int) int64 {
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
		return errnoFault
	}
	return 0
}

// clock reads a clock of clock_gettime(2).
func (k *Kernel) clock(id int) (uint64, bool) {
	switch id {
	case abi.CLOCK_REALTIME, abi.CLOCK_REALTIME_COARSE:
		return k.realTime(), true
	case abi.CLOCK_MONOTONIC, abi.CLOCK_MONOTONIC_RAW, abi.CLOCK_MONOTONIC_COARSE, abi.CLOCK_BOOTTIME:
		return k.Now(), true
	case abi.CLOCK_PROCESS_CPUTIME_ID, abi.CLOCK_THREAD_CPUTIME_ID:
		return k.steps, true
	}
	return 0, false
}

func (k *Kernel) clockGettime(t *Thread, c *call, word int) int64 {
	k.readsClock()
	ns, ok := k.clock(c.int(0))
	if !ok {
		return errnoInvalid
	}
	return putTime(t.proc.mm, c.arg[1], ns, 1, word)
}

func sysClockGettime(k *Kernel, t *Thread, c *call) int64 { return k.clockGettime(t, c, c.word()) }

func sysClockGettime64(k *Kernel, t *Thread, c *call) int64 { return k.clockGettime(t, c, 8) }

func (k *Kernel) clockGetres(t *Thread, c *call, word int) int64 {
	if _, ok := k.clock(c.int(0)); !ok {
		return errnoInvalid
	}
	if c.arg[1] == 0 {
		return 0
	}
	return putTime(t.proc.mm, c.arg[1], 1, 1, word)
}

func sysClockGetres(k *Kernel, t *Thread, c *call) int64   { return k.clockGetres(t, c, c.word()) }
func sysClockGetres64(k *Kernel, t *Thread, c *call) int64 { return k.clockGetres(t, c, 8) }

func sysGettimeofday(k *Kernel, t *Thread, c *call) int64 {
	k.readsClock()
	if c.arg[0] != 0 {
		if r := putTime(t.proc.mm, c.arg[0], k.realTime(), 1000, c.word()); r != 0 {
			return r
		}
	}
	if c.arg[1] != 0 && !putWord(t.proc.mm, c.arg[1], 8, 0) {
		return errnoFault
	}
	return 0
}

func sysTime(k *Kernel, t *Thread, c *call) int64 {
	k.readsClock()
	sec := k.realTime() / uint64(time.Second)
	if c.arg[0] != 0 && !putWord(t.proc.mm, c.arg[0], c.word(), sec) {
		return errnoFault
	}
	return int64(sec)
}

func sysTimes(k *Kernel, t *Thread, c *call) int64 {
	const perTick = uint64(time.Second) / clockTicks
	k.readsClock()
	word := c.word()
	if c.arg[0] != 0 {
		b := make([]byte, 4*word)
		if word == 4 {
			le.PutUint32(b, uint32(k.steps/perTick))
		} else {
			le.PutUint64(b, k.steps/perTick)
		}
		if !t.proc.mm.Write(c.arg[0], b) {
			return errnoFault
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
	now, ok := k.clock(c.int(0))
	if !ok {
		return errnoInvalid
	}
	return k.sleep(t, c.arg[2], c.arg[3], word, c.arg[1]&1 != 0, now)
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
	return t.block(-int64(abi.EINTR), deadline)
}

func sysAlarm(k *Kernel, t *Thread, c *call) int64 {
	left := k.alarmLeft(t.proc)
	t.proc.alarm, t.proc.alarmGap = 0, 0
	if s := c.arg[0] & 0xffffffff; s != 0 {
		t.proc.alarm = k.Now() + s*uint64(time.Second)
	}
	return int64((left + uint64(time.Second) - 1) / uint64(time.Second))
}

func (k *Kernel) alarmLeft(p *Process) uint64 {
	if p.alarm == 0 {
		return 0
	}
	return max(p.alarm, k.Now()+1) - k.Now()
}

func sysGetitimer(k *Kernel, t *Thread, c *call) int64 {
	if c.int(0) != 0 {
		return errnoInvalid
	}
	return k.putTimer(t, c, c.arg[1])
}

// putTimer writes the interval and the rest of ITIMER_REAL.
func (k *Kernel) putTimer(t *Thread, c *call, va uint64) int64 {
	if r := putTime(t.proc.mm, va, t.proc.alarmGap, 1000, c.word()); r != 0 {
		return r
	}
	return putTime(t.proc.mm, va+2*uint64(c.word()), k.alarmLeft(t.proc), 1000, c.word())
}

// sysSetitimer knows ITIMER_REAL only.
func sysSetitimer(k *Kernel, t *Thread, c *call) int64 {
	if c.int(0) != 0 {
		return errnoInvalid
	}
	word := c.word()
	b := make([]byte, 4*word)
	if !t.proc.mm.Read(c.arg[1], b) {
		return errnoFault
	}
	if c.arg[2] != 0 {
		if r := k.putTimer(t, c, c.arg[2]); r != 0 {
			return r
		}
	}
	ns := func(i int) uint64 {
		return wordAt(b, i, word)*uint64(time.Second) + wordAt(b, i+1, word)*uint64(time.Microsecond)
	}
	t.proc.alarm, t.proc.alarmGap = 0, ns(0)
	if v := ns(2); v != 0 {
		t.proc.alarm = k.Now() + v
	}
	return 0
}

// timers sends the alarms that are due, and reports whether there were any.
func (k *Kernel) timers() (fired bool) {
	if !k.timerDue() {
		return false
	}
	for _, p := range k.processes() {
		if p.alarm == 0 || k.Now() < p.alarm {
			continue
		}
		k.micro(emu.Micro{Name: "it_real_fn", In: "hrtimer_interrupt", Why: "an interval timer has run out: SIGALRM"})
		p.alarm = 0
		if p.alarmGap != 0 {
			p.alarm = k.Now() + p.alarmGap
		}
		p.send(sigInfo{signo: abi.SIGALRM, code: abi.SI_KERNEL})
	}
	return true
}

// timerDue reports whether an alarm is to be sent.
func (k *Kernel) timerDue() bool {
	for _, p := range k.procs {
		if p.alarm != 0 && k.Now() >= p.alarm {
			return true
		}
	}
	return false
}

// nextTimer is when the next alarm is due.
func (k *Kernel) nextTimer() uint64 {
	next := uint64(never)
	for _, p := range k.procs {
		if p.alarm != 0 && !p.zombie {
			next = min(next, p.alarm)
		}
	}
	return next
}
