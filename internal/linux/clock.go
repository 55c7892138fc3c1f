package linux

import (
	"time"

	"trapline/internal/linux/abi"
)

// clock is a clock of clock_gettime(2), and whose it is.
type clock struct {
	id int // CLOCK_*; of a CPU time PROCESS_ or THREAD_CPUTIME_ID
	of int // PID or TID of a CPU time
}

// cpu reports whether the clock counts how long somebody has run.
func (c clock) cpu() bool { return c.of != 0 }

// tick is what a coarse clock is exact to (HZ is 250).
const tick = 4 * uint64(time.Millisecond)

// clockIsFile reports whether a number stands for a clock which is a file: it has neither timers
// nor sleeps.
func clockIsFile(id int) bool { return id < 0 && id&7 == 3 }

// clock finds a clock by its number for t; false: there is none.
func (t *Thread) clock(id int) (clock, bool) {
	switch id {
	case abi.CLOCK_PROCESS_CPUTIME_ID:
		return clock{id: id, of: t.proc.PID}, true
	case abi.CLOCK_THREAD_CPUTIME_ID:
		return clock{id: id, of: t.TID}, true
	}
	if id >= 0 {
		return clock{id: id}, id <= abi.CLOCK_BOOTTIME || id == abi.CLOCK_REALTIME_ALARM || id == abi.CLOCK_BOOTTIME_ALARM || id == abi.CLOCK_TAI
	}
	const thread, kind = 4, 3
	of := ^(id >> 3)
	if id&kind == kind {
		return clock{}, false
	}
	if id&thread != 0 {
		if of == 0 {
			of = t.TID
		}
		o := t.k.threadByID(of)
		return clock{id: abi.CLOCK_THREAD_CPUTIME_ID, of: of}, o != nil && o.proc == t.proc
	}
	if of == 0 {
		of = t.proc.PID
	}
	return clock{id: abi.CLOCK_PROCESS_CPUTIME_ID, of: of}, t.k.procs[of] != nil
}

// reads is what a clock shows, in nanoseconds from its own beginning; clocks of
// timers, whatever they count from, show the time since the start.
func (k *Kernel) reads(c clock) uint64 {
	k.readsRan = k.readsRan || c.cpu()
	switch {
	case !c.cpu():
		return k.Now()
	case c.id == abi.CLOCK_THREAD_CPUTIME_ID:
		if t := k.threadByID(c.of); t != nil {
			return t.ran
		}
	default:
		if p := k.procs[c.of]; p != nil {
			return p.cpuTime()
		}
	}
	return 0
}

// shows is what clock_gettime gives of a clock.
func (k *Kernel) shows(c clock) uint64 {
	now := k.reads(c)
	switch c.id {
	case abi.CLOCK_REALTIME, abi.CLOCK_TAI, abi.CLOCK_REALTIME_ALARM:
		return k.realTime()
	case abi.CLOCK_REALTIME_COARSE:
		real := k.realTime() // one look at the host's clock
		return real - real%tick
	case abi.CLOCK_MONOTONIC_COARSE:
		return now - now%tick
	}
	return now
}

// begins is what a clock shows less what reads does of it.
func (k *Kernel) begins(c clock) uint64 {
	if c.cpu() {
		return 0
	}
	switch c.id {
	case abi.CLOCK_REALTIME, abi.CLOCK_TAI, abi.CLOCK_REALTIME_ALARM:
		return k.realTime() - k.Now()
	}
	return 0
}

func (k *Kernel) clockGettime(t *Thread, c *call, word int) int64 {
	k.readsClock()
	id, ok := t.clock(c.int(0))
	if !ok {
		return -EINVAL
	}
	return t.copyOut(c.arg[1], word, timespecOf(k.shows(id)))
}

func sysClockGettime(k *Kernel, t *Thread, c *call) int64 { return k.clockGettime(t, c, c.word()) }

func sysClockGettime64(k *Kernel, t *Thread, c *call) int64 { return k.clockGettime(t, c, 8) }

func (k *Kernel) clockGetres(t *Thread, c *call, word int) int64 {
	id, ok := t.clock(c.int(0))
	if !ok {
		return -EINVAL
	}
	if c.arg[1] == 0 {
		return 0
	}
	exact := uint64(1)
	if id.id == abi.CLOCK_REALTIME_COARSE || id.id == abi.CLOCK_MONOTONIC_COARSE {
		exact = tick
	}
	return t.copyOut(c.arg[1], word, timespecOf(exact))
}

func sysClockGetres(k *Kernel, t *Thread, c *call) int64   { return k.clockGetres(t, c, c.word()) }
func sysClockGetres64(k *Kernel, t *Thread, c *call) int64 { return k.clockGetres(t, c, 8) }
