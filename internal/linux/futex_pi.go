package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// futexPI is what a waiter for a lock with priority inheritance has (futex(2)):
// every thread has one priority here, so that locks go to who waits longest.
type futexPI struct {
	owner   *Thread  // of the lock that is waited for; nil: not yet in its queue
	requeue futexKey // where FUTEX_WAIT_REQUEUE_PI wants to be moved to
}

// futexWord reads the word of a futex that is a lock.
func (k *Kernel) futexWord(mm *mm.MM, va uint64) (uint32, int64) {
	w, ok := getWord(mm, va, 4)
	switch {
	case va%4 != 0:
		return 0, -EINVAL
	case !ok:
		return 0, -EFAULT
	}
	return uint32(w), 0
}

// threadByID finds a live thread, or nil.
func (k *Kernel) threadByID(tid int) *Thread {
	for _, t := range k.threads {
		if t.TID == tid {
			return t
		}
	}
	return nil
}

// acquirePI takes the lock at va for n if it is free, or finds its owner and
// notes in the word that somebody waits (futex_lock_pi_atomic()).
func (k *Kernel) acquirePI(mm *mm.MM, va uint64, n *Thread, waiters bool) (owner *Thread, r int64) {
	w, r := k.futexWord(mm, va)
	if r != 0 {
		return nil, r
	}
	if w&abi.FUTEX_TID_MASK == uint32(n.TID) {
		return nil, -EDEADLK
	}
	_, first := k.futexFirst(k.futexKey(mm, va), ^uint32(0))
	if first != nil && first.pi.owner == nil {
		return nil, -EINVAL
	}
	if w&abi.FUTEX_TID_MASK == 0 {
		w = w&abi.FUTEX_OWNER_DIED | uint32(n.TID)
		if waiters || first != nil {
			w |= abi.FUTEX_WAITERS
		}
		return nil, k.putFutex(mm, va, w)
	}
	if r := k.putFutex(mm, va, w|abi.FUTEX_WAITERS); r != 0 {
		return nil, r
	}
	if owner = k.threadByID(int(w & abi.FUTEX_TID_MASK)); owner == nil {
		return nil, -ESRCH
	}
	if first != nil && first.pi.owner != owner {
		return nil, -EINVAL
	}
	return owner, 0
}

func (k *Kernel) putFutex(mm *mm.MM, va uint64, w uint32) int64 {
	if !putWord(mm, va, 4, uint64(w)) {
		return -EFAULT
	}
	return 0
}

// futexLockPI is FUTEX_LOCK_PI, LOCK_PI2 and TRYLOCK_PI.
func (k *Kernel) futexLockPI(t *Thread, va, deadline uint64, try bool) int64 {
	if t.futex.queued {
		return k.waitPI(t, deadline, restartNoIntr)
	}
	owner, r := k.acquirePI(t.proc.mm, va, t, false)
	switch {
	case r != 0 || owner == nil:
		return r
	case try:
		return -EAGAIN
	}
	t.futex = k.futexPlace(t.proc.mm, va, ^uint32(0))
	t.futex.pi.owner = owner
	return k.waitPI(t, deadline, restartNoIntr)
}

// waitPI waits until the lock is handed over.
func (k *Kernel) waitPI(t *Thread, deadline uint64, interrupt int64) int64 {
	switch {
	case t.futex.woken:
		t.futex = futexWait{}
		return 0
	case k.Now() >= deadline:
		t.futex = futexWait{}
		return -ETIMEDOUT
	}
	return t.block(interrupt, deadline)
}

// futexUnlockPI is FUTEX_UNLOCK_PI.
func (k *Kernel) futexUnlockPI(t *Thread, va uint64, shared bool) int64 {
	w, ok := getWord(t.proc.mm, va, 4) // wherever it is
	switch {
	case !ok:
		return -EFAULT
	case w&abi.FUTEX_TID_MASK != uint64(t.TID):
		return -EPERM
	}
	if r := futexThere(t.proc.mm, va, shared, true); r != 0 {
		return r
	}
	next, f := k.futexFirst(k.futexKey(t.proc.mm, va), ^uint32(0))
	switch {
	case f == nil:
		return k.putFutex(t.proc.mm, va, 0)
	case f.pi.owner != t:
		return -EINVAL
	}
	if r := k.putFutex(t.proc.mm, va, abi.FUTEX_WAITERS|uint32(next.TID)); r != 0 {
		return r
	}
	k.handOver(next, f)
	return 0
}

// handOver makes a waiter the lock's owner, for whom those behind it wait.
func (k *Kernel) handOver(next *Thread, f *futexWait) {
	f.woken = true
	for _, t := range k.threads {
		t.places(func(o *futexWait) {
			if o.queued && !o.woken && o.key == f.key && o.pi.owner != nil {
				o.pi.owner = next
			}
		})
	}
	k.changed()
}

// piExit hands the locks of a dying thread to those that wait for them
// (exit_pi_state_list()).
func (k *Kernel) piExit(t *Thread) {
	for {
		next, f := k.piWaiter(t)
		if f == nil {
			return
		}
		at, mm := f.key.at, f.key.mm
		if mm == nil { // shared: where the waiter has it mapped
			mm = next.proc.mm
			at = next.call.arg[0]
			if f.pi.requeue != (futexKey{}) {
				at = next.call.arg[4]
			}
		}
		w, _ := getWord(mm, at, 4)
		putWord(mm, at, 4, uint64(abi.FUTEX_WAITERS|uint32(next.TID)|uint32(w)&abi.FUTEX_OWNER_DIED))
		k.handOver(next, f)
	}
}

// piWaiter is who waits longest for a lock of t's.
func (k *Kernel) piWaiter(t *Thread) (of *Thread, first *futexWait) {
	for _, o := range k.threads {
		if f := &o.futex; o != t && f.queued && !f.woken && f.pi.owner == t && (first == nil || f.order < first.order) {
			of, first = o, f
		}
	}
	return of, first
}

// futexWaitRequeuePI is FUTEX_WAIT_REQUEUE_PI: a wait at va that ends with the
// lock at va2.
func (k *Kernel) futexWaitRequeuePI(t *Thread, va uint64, val uint32, va2, deadline uint64, shared bool) int64 {
	if t.futex.queued {
		interrupt := int64(restartNoIntr)
		if t.futex.pi.owner != nil {
			interrupt = -EAGAIN
		}
		return k.waitPI(t, deadline, interrupt)
	}
	if va == va2 {
		return -EINVAL
	}
	if r := futexThere(t.proc.mm, va2, shared, true); r != 0 {
		return r
	}
	to := k.futexKey(t.proc.mm, va2)
	if r := k.futexExpect(t.proc.mm, va, val); r != 0 {
		return r
	}
	if to == k.futexKey(t.proc.mm, va) {
		return -EINVAL
	}
	t.futex = k.futexPlace(t.proc.mm, va, ^uint32(0))
	t.futex.pi.requeue = to
	return k.waitPI(t, deadline, restartNoIntr)
}

// futexRequeuePI is FUTEX_CMP_REQUEUE_PI: the first waiter at va gets the lock
// at va2 or waits for it, as up to limit others then do.
func (k *Kernel) futexRequeuePI(mm *mm.MM, va, va2 uint64, val uint32, limit int) int64 {
	from, to := k.futexKey(mm, va), k.futexKey(mm, va2)
	if from == to {
		return -EINVAL
	}
	if r := k.futexExpect(mm, va, val); r != 0 {
		return r
	}
	var owner *Thread
	done := int64(0)
	for i := 0; i < limit+1; i++ {
		t, f := k.futexFirst(from, ^uint32(0))
		switch {
		case f == nil:
			return done
		case f.pi.owner != nil || f.pi.requeue != to:
			return -EINVAL
		}
		if i == 0 {
			var r int64
			if owner, r = k.acquirePI(mm, va2, t, limit > 0); r != 0 {
				return r
			}
			if owner == nil {
				f.woken, owner = true, t
				k.changed()
				done++
				continue
			}
		}
		f.key, f.pi.owner = to, owner
		t.wait.interrupt = -EAGAIN
		done++
	}
	return done
}
