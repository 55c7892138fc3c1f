package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// Locked memory (mlock(2)): all memory stays where it is, so what a program sees
// of it is that pages come in at once, what counts against RLIMIT_MEMLOCK, and
// what cannot be done to it.

func sysMlock(k *Kernel, t *Thread, c *call) int64 {
	return k.mlock(t, c.arg[0], c.arg[1], mm.LockPages)
}

func sysMlock2(k *Kernel, t *Thread, c *call) int64 {
	switch c.arg[2] & 0xffffffff {
	case 0:
		return k.mlock(t, c.arg[0], c.arg[1], mm.LockPages)
	case abi.MLOCK_ONFAULT:
		return k.mlock(t, c.arg[0], c.arg[1], mm.LockOnFault)
	}
	return -EINVAL
}

// mayLock reports whether RLIMIT_MEMLOCK lets p have so many bytes locked.
func (p *Process) mayLock(bytes uint64) bool {
	return p.k.privileged() || bytes <= mm.PageFloor(p.limit(abi.RLIMIT_MEMLOCK).now)
}

// mayLockAny is can_do_mlock().
func (p *Process) mayLockAny() bool {
	return p.k.privileged() || p.limit(abi.RLIMIT_MEMLOCK).now != 0
}

// lockRange makes whole pages of a range; false: it wraps.
func lockRange(start, size uint64) (from, to uint64, ok bool) {
	size = mm.PageCeil(size + start%emu.PageSize)
	from = mm.PageFloor(start)
	return from, from + size, from+size >= from
}

// mlock is do_mlock().
func (k *Kernel) mlock(t *Thread, start, size uint64, how mm.Locking) int64 {
	mm := t.proc.mm
	if !t.proc.mayLockAny() {
		return -EPERM
	}
	from, to, ok := lockRange(start, size)
	n := to - from
	if !t.proc.mayLock(n+mm.Locked()) && !t.proc.mayLock(n+mm.Locked()-mm.LockedIn(from, to)) {
		return -ENOMEM
	}
	if !ok {
		return -EINVAL
	}
	if r := mm.SetLocked(from, to, how); r != 0 {
		return r
	}
	return mm.Populate(from, to)
}

func sysMunlock(k *Kernel, t *Thread, c *call) int64 {
	from, to, ok := lockRange(c.arg[0], c.arg[1])
	if !ok {
		return -EINVAL
	}
	return t.proc.mm.SetLocked(from, to, mm.NotLocked)
}

// sysMlockall locks what is mapped, what will be, or both.
func sysMlockall(k *Kernel, t *Thread, c *call) int64 {
	mem, flags := t.proc.mm, c.arg[0]&0xffffffff
	switch {
	case flags == 0 || flags&^(abi.MCL_CURRENT|abi.MCL_FUTURE|abi.MCL_ONFAULT) != 0 || flags == abi.MCL_ONFAULT:
		return -EINVAL
	case !t.proc.mayLockAny():
		return -EPERM
	case flags&abi.MCL_CURRENT != 0 && !t.proc.mayLock(mem.Total(false)):
		return -ENOMEM
	}
	how := mm.LockPages
	if flags&abi.MCL_ONFAULT != 0 {
		how = mm.LockOnFault
	}
	if mem.LockFuture = mm.NotLocked; flags&abi.MCL_FUTURE != 0 {
		mem.LockFuture = how
	}
	if flags&abi.MCL_CURRENT != 0 {
		mem.LockAll(how)
		for _, v := range mem.VMAs() {
			mem.Populate(v.Start, v.End) // errors are not told
		}
	}
	return 0
}

func sysMunlockall(k *Kernel, t *Thread, c *call) int64 {
	t.proc.mm.LockFuture = mm.NotLocked
	t.proc.mm.LockAll(mm.NotLocked)
	return 0
}

// futureLock is how a new mapping of size bytes is locked; EAGAIN: it would be, and that is
// more than may be (mlock_future_check()).
func (p *Process) futureLock(size, flags uint64) (mm.Locking, int64) {
	how := p.mm.LockFuture
	if flags&abi.MAP_LOCKED != 0 {
		if !p.mayLockAny() {
			return mm.NotLocked, -EPERM
		}
		how = max(how, mm.LockPages)
	}
	if how != mm.NotLocked && !p.mayLock(size+p.mm.Locked()) {
		return how, -EAGAIN
	}
	return how, 0
}
