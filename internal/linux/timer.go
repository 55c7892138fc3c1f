package linux

import (
	"slices"
	"time"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// interval is when a timer runs out, on its clock, and by how much it is set
// anew each time; nanoseconds, 0: not armed, once.
type interval struct{ at, gap uint64 }

// forward sets a timer that has run out anew and says how often it did.
func (i *interval) forward(now uint64) uint64 {
	if i.gap == 0 {
		i.at = 0
		return 1
	}
	n := 1 + (now-i.at)/i.gap
	i.at += n * i.gap
	return n
}

// left is the time until a timer runs out: at least 1 if it is armed.
func (i *interval) left(now uint64) uint64 {
	if i.at == 0 {
		return 0
	}
	return max(i.at, now+1) - now
}

// due reports whether a timer has run out.
func (i *interval) due(now uint64) bool { return i.at != 0 && now >= i.at }

// posixTimer is a timer of timer_create(2).
type posixTimer struct {
	id      int
	clock   clock
	notify  uint32 // SIGEV_*
	signo   int
	tid     int // of SIGEV_THREAD_ID
	value   uint64
	when    interval
	waiting bool   // its signal waits, and the timer until that is taken
	missed  uint64 // how often it ran out while its signal was ignored
	overrun int32  // of the last signal that was taken
}

// cpuTime is how long the process's threads have run, those that ended too, in
// nanoseconds.
func (p *Process) cpuTime() uint64 {
	n := p.ran
	for _, t := range p.thr {
		n += t.ran
	}
	return n
}

// setTimers finds when the next timer runs out. Whatever arms or stops one calls it.
func (k *Kernel) setTimers() {
	k.timerAt, k.cpuTimed = never, false
	next := func(i *interval) {
		if i.at != 0 {
			k.timerAt = min(k.timerAt, i.at)
		}
	}
	for _, p := range k.procs {
		if p.isZombie() {
			continue
		}
		next(&p.itimers[abi.ITIMER_REAL])
		k.cpuTimed = k.cpuTimed || p.itimers[abi.ITIMER_VIRTUAL].at != 0 || p.itimers[abi.ITIMER_PROF].at != 0 || p.limits[abi.RLIMIT_CPU].now != noLimit
		for i := range p.timers {
			switch tm := &p.timers[i]; {
			case tm.waiting || tm.when.at == 0 || tm.silent():
			case tm.clock.cpu():
				k.cpuTimed = true
			default:
				next(&tm.when)
			}
		}
	}
	for _, t := range k.threads {
		k.cpuTimed = k.cpuTimed || t.nap != (nap{})
	}
	k.timed = slices.DeleteFunc(slices.Clone(k.timed), func(f *File) bool { return f.refs == 0 || f.when.at == 0 })
	for _, f := range k.timed {
		next(&f.when)
	}
}

// timerDue reports whether a timer has run out.
func (k *Kernel) timerDue() bool {
	if k.timerAt != never && k.Now() >= k.timerAt {
		return true
	}
	if !k.cpuTimed {
		return false
	}
	for _, p := range k.procs {
		if p.cpuTimerDue() {
			return true
		}
	}
	return k.napOver()
}

// cpuTimerDue reports whether a timer on the time that p or a thread of it has
// run is due, or its limit on that.
func (p *Process) cpuTimerDue() bool {
	if p.isZombie() {
		return false
	}
	now := p.cpuTime()
	if p.itimers[abi.ITIMER_VIRTUAL].due(now) || p.itimers[abi.ITIMER_PROF].due(now) || p.overLimit(now) {
		return true
	}
	for i := range p.timers {
		if tm := &p.timers[i]; tm.clock.cpu() && !tm.waiting && tm.when.due(p.k.reads(tm.clock)) {
			return true
		}
	}
	return false
}

// timers does what the timers that have run out are for, and reports whether
// there were any.
func (k *Kernel) timers() (fired bool) {
	if !k.timerDue() {
		return false
	}
	for _, p := range k.processes() {
		if !p.isZombie() {
			p.itimersFire()
			for i := range p.timers {
				if tm := &p.timers[i]; !tm.waiting && !tm.silent() && tm.when.due(k.reads(tm.clock)) {
					k.micro(emu.Micro{Name: "posix_timer_fn", In: "hrtimer_interrupt", Why: "a timer has run out"})
					p.fire(tm)
				}
			}
		}
	}
	if k.cpuTimed && k.napOver() {
		k.changed()
	}
	now := k.Now()
	for _, f := range k.timed {
		if f.when.due(now) {
			k.micro(emu.Micro{Name: "timerfd_triggered", In: "hrtimer_interrupt", Why: "a timer that is a file has run out"})
			f.count += f.when.forward(now)
			k.changed()
		}
	}
	k.setTimers()
	return true
}

// itimersFire sends the signals of the interval timers that have run out, and of
// RLIMIT_CPU.
func (p *Process) itimersFire() {
	k := p.k
	cpu := p.cpuTime()
	for which, signal := range []int{abi.SIGALRM, abi.SIGVTALRM, abi.SIGPROF} {
		now := cpu
		if which == abi.ITIMER_REAL {
			now = k.Now()
		}
		if it := &p.itimers[which]; it.due(now) {
			k.readsRan = k.readsRan || which != abi.ITIMER_REAL
			it.forward(now)
			k.micro(emu.Micro{Name: "it_real_fn", In: "hrtimer_interrupt", Why: "an interval timer has run out: " + abi.SignalName(signal)})
			p.send(sigInfo{signo: signal, code: abi.SI_KERNEL})
		}
	}
	if p.overLimit(cpu) {
		l := &p.limits[abi.RLIMIT_CPU]
		if cpu >= nanoseconds(l.most) {
			p.send(sigInfo{signo: abi.SIGKILL, code: abi.SI_KERNEL})
			return
		}
		l.now++ // once more each second, as the kernel does it
		p.send(sigInfo{signo: abi.SIGXCPU, code: abi.SI_KERNEL})
	}
}

// overLimit reports whether p has run for as long as RLIMIT_CPU allows.
func (p *Process) overLimit(cpu uint64) bool {
	l := p.limits[abi.RLIMIT_CPU]
	return l.now != noLimit && cpu >= nanoseconds(min(l.now, l.most)) && !p.pend.set.has(abi.SIGKILL)
}

// nanoseconds are seconds in nanoseconds, or never.
func nanoseconds(seconds uint64) uint64 {
	if seconds > never/uint64(time.Second) {
		return never
	}
	return seconds * uint64(time.Second)
}

// fire does what a timer that has run out is for (posix_timer_event()).
func (p *Process) fire(tm *posixTimer) {
	now := p.k.reads(tm.clock)
	if tm.notify == abi.SIGEV_NONE {
		tm.when.at = 0 // cpu_timer_fire(); the interval stays
		return
	}
	info := sigInfo{signo: tm.signo, code: abi.SI_TIMER, pid: tm.id, value: tm.value, timer: tm.id + 1}
	var to *Thread
	if tm.notify&abi.SIGEV_THREAD_ID != 0 {
		if to = p.k.threadByID(tm.tid); to == nil {
			tm.when.at = 0
			return
		}
	}
	blocked := to != nil && to.blocked.has(tm.signo) || to == nil && p.allBlock(tm.signo)
	if p.sigs.ignores(tm.signo) && !blocked {
		tm.missed += tm.when.forward(now)
		return
	}
	tm.waiting = true
	p.sigs.sent++
	if to != nil {
		to.sig.add(info)
		to.interruptFor(tm.signo)
	} else {
		p.pend.add(info)
		for _, t := range p.thr {
			t.interruptFor(tm.signo)
		}
	}
	p.k.changed()
}

// taken tells a timer that its signal was, and completes that
// (posixtimer_rearm()).
func (p *Process) taken(info *sigInfo) {
	if info.timer == 0 {
		return
	}
	i := slices.IndexFunc(p.timers, func(tm posixTimer) bool { return tm.id == info.timer-1 && tm.waiting })
	if i < 0 {
		return
	}
	tm := &p.timers[i]
	tm.waiting = false
	n := tm.missed
	if tm.when.at != 0 {
		n += tm.when.forward(p.k.reads(tm.clock)) - 1
	}
	tm.missed, tm.overrun = 0, int32(min(n, 1<<31-1))
	info.status = tm.overrun
	p.k.setTimers()
}

// nextTimer is when the next timer on the time that passes runs out.
func (k *Kernel) nextTimer() uint64 { return k.timerAt }
