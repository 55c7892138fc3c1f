package linux

import (
	"slices"
	"time"

	"trapline/internal/linux/abi"
)

// readInterval reads a struct itimerspec; its time is relative to now unless it is absolute on
// a clock.
func (k *Kernel) readInterval(t *Thread, va uint64, word int) (interval, int64) {
	var it abi.Itimerspec
	if !copyFromUser(t.proc.mm, va, word, &it) {
		return interval{}, -EFAULT
	}
	gap, r := nanosecondsOf(it.Interval)
	if r != 0 {
		return interval{}, r
	}
	at, r := nanosecondsOf(it.Value)
	return interval{at, gap}, r
}

// arm makes a time that was read one of the clock: 0 stays 0.
func (k *Kernel) arm(c clock, i interval, absolute bool) interval {
	switch {
	case i.at == 0:
	case absolute:
		begin := k.begins(c)
		i.at = max(1, i.at-min(i.at, begin))
	default:
		i.at += k.reads(c)
	}
	return i
}

// putInterval writes a struct itimerspec.
func (k *Kernel) putInterval(t *Thread, va uint64, gap, left uint64, word int) int64 {
	return t.copyOut(va, word, abi.Itimerspec{Interval: timespecOf(gap), Value: timespecOf(left)})
}

// timerClock is a clock that timers can be on.
func (t *Thread) timerClock(id int) (clock, int64) {
	c, ok := t.clock(id)
	switch {
	case clockIsFile(id):
		return c, -ENOTSUP
	case !ok:
		return c, -EINVAL
	case c.id == abi.CLOCK_MONOTONIC_RAW || c.id == abi.CLOCK_REALTIME_COARSE || c.id == abi.CLOCK_MONOTONIC_COARSE,
		c.id == abi.CLOCK_REALTIME_ALARM || c.id == abi.CLOCK_BOOTTIME_ALARM: // there is no clock that wakes from suspend
		return c, -ENOTSUP
	}
	return c, 0
}

func sysTimerCreate(k *Kernel, t *Thread, c *call) int64 {
	p := t.proc
	on, r := t.timerClock(c.int(0))
	if r != 0 {
		return r
	}
	if uint64(len(p.timers)) >= p.limit(abi.RLIMIT_SIGPENDING).now {
		return -EAGAIN
	}
	tm := posixTimer{id: p.nextTimer, clock: on, signo: abi.SIGALRM, value: uint64(p.nextTimer)}
	if c.arg[1] != 0 {
		if r := t.readSigevent(c, c.arg[1], &tm); r != 0 {
			return r
		}
	}
	p.nextTimer++ // also if what follows fails
	if c.arg[1] != 0 {
		if r := t.checkSigevent(&tm); r != 0 {
			return r
		}
	}
	if r := t.putInt(c.arg[2], uint64(tm.id)); r != 0 {
		return r
	}
	p.timers = append(p.timers, tm)
	return 0
}

// readSigevent reads a struct sigevent.
func (t *Thread) readSigevent(c *call, va uint64, tm *posixTimer) int64 {
	var s abi.Sigevent
	if !copyFromUser(t.proc.mm, va, c.word(), &s) {
		return -EFAULT
	}
	tm.value, tm.signo, tm.notify, tm.tid = uint64(s.Value), int(s.Signo), uint32(s.Notify), int(s.Tid)
	return 0
}

// checkSigevent checks the sigevent of a timer (good_sigevent()).
func (t *Thread) checkSigevent(tm *posixTimer) int64 {
	switch tm.notify {
	case abi.SIGEV_NONE:
		return 0 // nobody is told, so there is nothing more to read
	case abi.SIGEV_SIGNAL | abi.SIGEV_THREAD_ID:
		if o := t.k.threadByID(tm.tid); o == nil || o.proc != t.proc {
			return -EINVAL
		}
	case abi.SIGEV_SIGNAL, abi.SIGEV_THREAD:
	default:
		return -EINVAL
	}
	if tm.signo <= 0 || tm.signo > abi.SIGRTMAX {
		return -EINVAL
	}
	return 0
}

// timer finds a timer of the process by its number, or nil.
func (p *Process) timer(id int) *posixTimer {
	for i := range p.timers {
		if p.timers[i].id == id {
			return &p.timers[i]
		}
	}
	return nil
}

// silent reports whether a timer tells nobody. Such a timer is never armed: its time is only compared when somebody
// asks, and stays when it is stopped (common_timer_set()). Those on the time that somebody has run are armed all the same.
func (tm *posixTimer) silent() bool { return tm.notify == abi.SIGEV_NONE && !tm.clock.cpu() }

// remaining is how long until a timer runs out next, as if its signal were taken now (common_timer_get()). A silent
// timer is set anew by being asked.
func (k *Kernel) remaining(tm *posixTimer) uint64 {
	i, now := tm.when, k.reads(tm.clock)
	if tm.silent() {
		if i.due(now) && i.gap != 0 {
			tm.when.forward(now)
		}
		return max(tm.when.at, now) - now
	}
	if i.due(now) && (i.gap != 0 || tm.waiting) {
		i.forward(now)
	}
	return i.left(now)
}

func sysTimerSettime(k *Kernel, t *Thread, c *call) int64   { return k.timerSettime(t, c, c.word()) }
func sysTimerSettime64(k *Kernel, t *Thread, c *call) int64 { return k.timerSettime(t, c, 8) }

func (k *Kernel) timerSettime(t *Thread, c *call, word int) int64 {
	if c.arg[2] == 0 {
		return -EINVAL
	}
	i, r := k.readInterval(t, c.arg[2], word)
	if r != 0 {
		return r
	}
	tm := t.proc.timer(c.int(0))
	if tm == nil {
		return -EINVAL
	}
	k.readsClock()
	gap, left := tm.when.gap, uint64(0)
	if c.arg[3] != 0 {
		left = k.remaining(tm)
	}
	switch stopped := i.at == 0 && !tm.clock.cpu(); { // common_timer_set() reads no interval then
	case stopped && tm.silent():
		tm.when.gap = 0
	case stopped:
		tm.when = interval{}
	default:
		tm.when = k.arm(tm.clock, i, c.arg[1]&abi.TIMER_ABSTIME != 0)
	}
	tm.overrun, tm.missed = 0, 0
	if tm.waiting { // the signal that waits is of the time before
		tm.waiting = false
	}
	k.setTimers()
	if c.arg[3] != 0 {
		return k.putInterval(t, c.arg[3], gap, left, word)
	}
	return 0
}

func sysTimerGettime(k *Kernel, t *Thread, c *call) int64   { return k.timerGettime(t, c, c.word()) }
func sysTimerGettime64(k *Kernel, t *Thread, c *call) int64 { return k.timerGettime(t, c, 8) }

func (k *Kernel) timerGettime(t *Thread, c *call, word int) int64 {
	tm := t.proc.timer(c.int(0))
	if tm == nil {
		return -EINVAL
	}
	k.readsClock()
	return k.putInterval(t, c.arg[1], tm.when.gap, k.remaining(tm), word)
}

func sysTimerGetoverrun(k *Kernel, t *Thread, c *call) int64 {
	tm := t.proc.timer(c.int(0))
	if tm == nil {
		return -EINVAL
	}
	return int64(tm.overrun)
}

func sysTimerDelete(k *Kernel, t *Thread, c *call) int64 {
	p, id := t.proc, c.int(0)
	if p.timer(id) == nil {
		return -EINVAL
	}
	p.timers = slices.DeleteFunc(p.timers, func(tm posixTimer) bool { return tm.id == id })
	k.setTimers()
	return 0
}

func sysTimerfdCreate(k *Kernel, t *Thread, c *call) int64 {
	flags := c.arg[1] & 0xffffffff
	if flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK) != 0 {
		return -EINVAL
	}
	f := &File{device: devTimer, path: "anon_inode:[timerfd]", clock: clock{id: c.int(0)}}
	switch f.clock.id {
	case abi.CLOCK_REALTIME, abi.CLOCK_MONOTONIC, abi.CLOCK_BOOTTIME:
	case abi.CLOCK_REALTIME_ALARM, abi.CLOCK_BOOTTIME_ALARM:
		if !k.privileged() {
			return -EPERM
		}
	default:
		return -EINVAL
	}
	return t.open(f, flags)
}

// timerFile is a descriptor's file if it is a timer.
func (t *Thread) timerFile(fd int) (*File, int64) {
	f := t.proc.files.get(fd)
	switch {
	case f == nil:
		return nil, -EBADF
	case f.device != devTimer:
		return nil, -EINVAL
	}
	return f, 0
}

func sysTimerfdSettime(k *Kernel, t *Thread, c *call) int64   { return k.timerfdSettime(t, c, c.word()) }
func sysTimerfdSettime64(k *Kernel, t *Thread, c *call) int64 { return k.timerfdSettime(t, c, 8) }

func (k *Kernel) timerfdSettime(t *Thread, c *call, word int) int64 {
	i, r := k.readInterval(t, c.arg[2], word)
	if r != 0 {
		return r
	}
	if c.arg[1]&0xffffffff&^(abi.TFD_TIMER_ABSTIME|abi.TFD_TIMER_CANCEL_ON_SET) != 0 {
		return -EINVAL
	}
	f, r := t.timerFile(c.fd(0))
	if r != 0 {
		return r
	}
	k.readsClock()
	old := f.when
	f.count = 0
	f.when = k.arm(f.clock, i, c.arg[1]&abi.TFD_TIMER_ABSTIME != 0)
	if !slices.Contains(k.timed, f) {
		k.timed = append(slices.Clone(k.timed), f)
	}
	k.setTimers()
	k.changed()
	if c.arg[3] != 0 {
		return k.putInterval(t, c.arg[3], old.gap, old.left(k.Now()), word)
	}
	return 0
}

func sysTimerfdGettime(k *Kernel, t *Thread, c *call) int64   { return k.timerfdGettime(t, c, c.word()) }
func sysTimerfdGettime64(k *Kernel, t *Thread, c *call) int64 { return k.timerfdGettime(t, c, 8) }

func (k *Kernel) timerfdGettime(t *Thread, c *call, word int) int64 {
	f, r := t.timerFile(c.fd(0))
	if r != 0 {
		return r
	}
	k.readsClock()
	return k.putInterval(t, c.arg[1], f.when.gap, f.when.left(k.Now()), word)
}

// readTimer takes the number of times that a timer has run out.
func (k *Kernel) readTimer(t *Thread, f *File, b []byte) int64 {
	switch {
	case len(b) < 8:
		return -EINVAL
	case f.count == 0:
		return t.waitFor(f, false)
	}
	le.PutUint64(b, f.count)
	f.count = 0
	return 8
}

func sysAlarm(k *Kernel, t *Thread, c *call) int64 {
	it := &t.proc.itimers[abi.ITIMER_REAL]
	left := it.left(k.Now())
	*it = interval{}
	if s := c.arg[0] & 0xffffffff; s != 0 {
		it.at = k.Now() + s*uint64(time.Second)
	}
	k.setTimers()
	s := left / uint64(time.Second)
	if rest := left % uint64(time.Second); rest >= uint64(time.Second)/2 || s == 0 && rest != 0 {
		s++
	}
	return int64(s)
}

// itimer is an interval timer and what its clock shows.
func (p *Process) itimer(which int) (*interval, uint64) {
	switch which {
	case abi.ITIMER_REAL:
		return &p.itimers[which], p.k.Now()
	case abi.ITIMER_VIRTUAL, abi.ITIMER_PROF:
		return &p.itimers[which], p.cpuTime()
	}
	return nil, 0
}

func sysGetitimer(k *Kernel, t *Thread, c *call) int64 {
	it, now := t.proc.itimer(c.int(0))
	if it == nil {
		return -EINVAL
	}
	k.readsClock()
	return t.putItimer(c, c.arg[1], *it, now)
}

// putItimer writes the interval and the rest of an interval timer.
func (t *Thread) putItimer(c *call, va uint64, it interval, now uint64) int64 {
	left := it.left(now)
	if left != 0 {
		left = max(left, 1000)
	}
	return t.copyOut(va, c.word(), abi.Itimerval{Interval: timevalOf(it.gap), Value: timevalOf(left)})
}

func sysSetitimer(k *Kernel, t *Thread, c *call) int64 {
	var v abi.Itimerval
	if c.arg[1] != 0 && !copyFromUser(t.proc.mm, c.arg[1], c.word(), &v) {
		return -EFAULT
	}
	var ns [2]uint64
	for i, tv := range []abi.Timeval{v.Interval, v.Value} {
		if tv.Sec < 0 || uint64(tv.Usec) >= uint64(time.Second/time.Microsecond) {
			return -EINVAL
		}
		ns[i] = min(nanoseconds(uint64(tv.Sec)), 1<<62) + uint64(tv.Usec)*uint64(time.Microsecond)
	}
	it, now := t.proc.itimer(c.int(0))
	if it == nil {
		return -EINVAL
	}
	k.readsClock()
	old := *it
	*it = interval{}
	if ns[1] != 0 {
		*it = interval{now + ns[1], ns[0]}
	} else if c.int(0) != abi.ITIMER_REAL { // set_cpu_itimer() keeps it
		it.gap = ns[0]
	}
	k.setTimers()
	if c.arg[2] != 0 {
		return t.putItimer(c, c.arg[2], old, now)
	}
	return 0
}
