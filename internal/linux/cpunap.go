package linux

import "trapline/internal/linux/abi"

// nap is a sleep on a clock that counts how long somebody has run; the zero value: none.
type nap struct {
	on clock
	at uint64 // nanoseconds of the clock
}

// over reports whether the clock has come there.
func (n *nap) over(k *Kernel) bool { return *n != (nap{}) && k.reads(n.on) >= n.at }

// cpuSleep waits until a clock of a process or another thread has come to a point
// (posix_cpu_nsleep()).
func (k *Kernel) cpuSleep(t *Thread, on clock, req, rem uint64, word int, absolute bool) int64 {
	if on.id == abi.CLOCK_THREAD_CPUTIME_ID && on.of == t.TID {
		return -EINVAL
	}
	d, r := k.readTimespec(t, req, word)
	if r != 0 {
		return r
	}
	k.readsClock()
	if t.nap == (nap{}) {
		if t.nap = (nap{on, d}); !absolute {
			t.nap.at += k.reads(on)
		}
	}
	if t.nap.over(k) {
		t.nap = nap{}
		k.setTimers()
		return 0
	}
	k.setTimers()
	if absolute {
		return t.block(restartNoHand, never)
	}
	if rem != 0 {
		copyToUser(t.proc.mm, rem, word, timespecOf(t.nap.at-k.reads(on)))
	}
	return t.block(-EINTR, never)
}

// napOver reports whether somebody's sleep on such a clock is over.
func (k *Kernel) napOver() bool {
	for _, t := range k.threads {
		if t.state == stateBlocked && t.nap.over(k) {
			return true
		}
	}
	return false
}
