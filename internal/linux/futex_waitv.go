package linux

import "trapline/internal/linux/abi"

// sysFutexWaitv waits for a wake at any of several words (futex_waitv(2)); its
// result is the index of one that was woken.
func sysFutexWaitv(k *Kernel, t *Thread, c *call) int64 {
	n := uint64(uint32(c.arg[1]))
	if uint32(c.arg[2]) != 0 || n == 0 || n > abi.FUTEX_WAITV_MAX || c.arg[0] == 0 {
		return -EINVAL
	}
	deadline, r := k.waitvDeadline(t, c)
	if r != 0 {
		return r
	}
	if t.futexes == nil {
		if r := k.waitvQueue(t, c.arg[0], int(n)); r != 0 {
			t.futexes = nil
			return r
		}
	}
	last := -1
	for i := range t.futexes {
		if t.futexes[i].woken {
			last = i
		}
	}
	switch {
	case last >= 0:
		t.futexes = nil
		return int64(last)
	case k.Now() >= deadline:
		t.futexes = nil
		return -ETIMEDOUT
	}
	return t.block(restartSys, deadline)
}

// waitvDeadline reads the absolute timeout of a clock.
func (k *Kernel) waitvDeadline(t *Thread, c *call) (uint64, int64) {
	if c.arg[3] == 0 {
		return never, 0
	}
	clock := c.int(4)
	if clock != abi.CLOCK_MONOTONIC && clock != abi.CLOCK_REALTIME {
		return 0, -EINVAL
	}
	d, r := k.readTimespec(t, c.arg[3], 8)
	if r != 0 || t.expiry != 0 {
		return t.expiry, r
	}
	k.readsClock()
	on, _ := t.clock(clock)
	return t.until(d - min(d, k.shows(on))), 0
}

// waitvQueue reads the words and takes a place in the queue of each.
func (k *Kernel) waitvQueue(t *Thread, va uint64, n int) int64 {
	waiters := make([]abi.FutexWaitv, n)
	if !copyFromUser(t.proc.mm, va, 8, waiters) {
		return -EFAULT
	}
	places := make([]futexWait, 0, n)
	for _, w := range waiters {
		if w.Flags&^abi.FUTEX_PRIVATE_FLAG != abi.FUTEX_32 || w.Reserved != 0 || w.Uaddr%4 != 0 {
			return -EINVAL
		}
		places = append(places, futexWait{bits: ^uint32(0), order: w.Val, key: futexKey{at: w.Uaddr}})
	}
	for i, p := range places {
		if r := k.futexExpect(t.proc.mm, p.key.at, uint32(p.order)); r != 0 {
			return r
		}
		places[i] = k.futexPlace(t.proc.mm, p.key.at, p.bits)
	}
	t.futexes = places
	return 0
}
