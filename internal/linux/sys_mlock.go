package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// Locked memory (mlock(2)): all memory stays where it is, so what a program sees
// of it is that pages come in at once, what counts against RLIMIT_MEMLOCK, and
// what cannot be done to it.

func sysMlock(k *Kernel, t *Thread, c *call) int64 {
	return k.mlock(t, c.arg[0], c.arg[1], lockPages)
}

func sysMlock2(k *Kernel, t *Thread, c *call) int64 {
	switch c.arg[2] & 0xffffffff {
	case 0:
		return k.mlock(t, c.arg[0], c.arg[1], lockPages)
	case abi.MLOCK_ONFAULT:
		return k.mlock(t, c.arg[0], c.arg[1], lockOnFault)
	}
	return -EINVAL
}

// locking is how a mapping is locked.
type locking uint8

const (
	notLocked   locking = iota
	lockPages           // its pages are there
	lockOnFault         // they come when they are touched
)

// locked is how many bytes of the address space are.
func (mm *MM) locked() uint64 {
	n := uint64(0)
	for _, v := range mm.vmas {
		if v.Locked != notLocked {
			n += v.End - v.Start
		}
	}
	return n
}

// lockedIn is how many bytes of [start, end) are.
func (mm *MM) lockedIn(start, end uint64) uint64 {
	n := uint64(0)
	for _, v := range mm.vmas {
		if v.Locked != notLocked && v.Start < end && v.End > start {
			n += min(v.End, end) - max(v.Start, start)
		}
	}
	return n
}

// mayLock reports whether RLIMIT_MEMLOCK lets p have so many bytes locked.
func (p *Process) mayLock(bytes uint64) bool {
	return p.k.privileged() || bytes <= pageFloor(p.limit(abi.RLIMIT_MEMLOCK).now)
}

// mayLock reports whether a process that uses the address space may have so many bytes more locked.
func (mm *MM) mayLock(more uint64) bool {
	for _, p := range mm.k.procs {
		if p.mm == mm {
			return p.mayLock(mm.locked() + more)
		}
	}
	return true
}

// mayLockAny is can_do_mlock().
func (p *Process) mayLockAny() bool {
	return p.k.privileged() || p.limit(abi.RLIMIT_MEMLOCK).now != 0
}

// lockRange makes whole pages of a range; false: it wraps.
func lockRange(start, size uint64) (from, to uint64, ok bool) {
	size = pageCeil(size + start%emu.PageSize)
	from = pageFloor(start)
	return from, from + size, from+size >= from
}

// mlock is do_mlock().
func (k *Kernel) mlock(t *Thread, start, size uint64, how locking) int64 {
	mm := t.proc.mm
	if !t.proc.mayLockAny() {
		return -EPERM
	}
	from, to, ok := lockRange(start, size)
	n := to - from
	if !t.proc.mayLock(n+mm.locked()) && !t.proc.mayLock(n+mm.locked()-mm.lockedIn(from, to)) {
		return -ENOMEM
	}
	if !ok {
		return -EINVAL
	}
	if r := mm.setLocked(from, to, how); r != 0 {
		return r
	}
	return mm.populate(from, to)
}

func sysMunlock(k *Kernel, t *Thread, c *call) int64 {
	from, to, ok := lockRange(c.arg[0], c.arg[1])
	if !ok {
		return -EINVAL
	}
	return t.proc.mm.setLocked(from, to, notLocked)
}

// setLocked locks or unlocks the mappings of a range, up to a hole in it, which is
// ENOMEM (apply_vma_lock_flags()).
func (mm *MM) setLocked(start, end uint64, how locking) int64 {
	for _, v := range mm.within(start, end) {
		if v.Start > start {
			break
		}
		start = v.End
		v.lock(how)
	}
	for i := len(mm.vmas) - 1; i > 0; i-- {
		mm.merge(i)
	}
	if start < end {
		return -ENOMEM
	}
	return 0
}

// lock changes how v is locked; the kernel's own pages never are.
func (v *VMA) lock(how locking) {
	if v.Name == "" || v.GrowsDown {
		v.Locked = how
	}
}

// populate brings the pages of a range in (mm_populate()).
func (mm *MM) populate(start, end uint64) int64 {
	for va := start; va < end; va += emu.PageSize {
		if _, ok := mm.space.Lookup(va); ok {
			continue
		}
		v := mm.Find(va)
		switch {
		case v == nil:
			return -ENOMEM
		case v.Locked == lockOnFault:
			va = v.End - emu.PageSize
			continue
		case v.Prot == 0:
			return -ENOMEM
		}
		need := ProtRead
		if v.Prot&ProtWrite != 0 && !v.Shared {
			need = ProtWrite
		}
		switch mm.fault(va, need) {
		case faultDone:
		case faultEnd:
			return -EAGAIN
		default:
			return -ENOMEM
		}
	}
	return 0
}

// populateLocked brings in the pages of a new mapping that is locked.
func (mm *MM) populateLocked(start, end uint64) {
	if v := mm.Find(start); v != nil && v.Locked == lockPages {
		mm.populate(start, end)
	}
}

// sysMlockall locks what is mapped, what will be, or both.
func sysMlockall(k *Kernel, t *Thread, c *call) int64 {
	mm, flags := t.proc.mm, c.arg[0]&0xffffffff
	switch {
	case flags == 0 || flags&^(abi.MCL_CURRENT|abi.MCL_FUTURE|abi.MCL_ONFAULT) != 0 || flags == abi.MCL_ONFAULT:
		return -EINVAL
	case !t.proc.mayLockAny():
		return -EPERM
	case flags&abi.MCL_CURRENT != 0 && !t.proc.mayLock(mm.total(false)):
		return -ENOMEM
	}
	how := lockPages
	if flags&abi.MCL_ONFAULT != 0 {
		how = lockOnFault
	}
	if mm.lockFuture = notLocked; flags&abi.MCL_FUTURE != 0 {
		mm.lockFuture = how
	}
	if flags&abi.MCL_CURRENT != 0 {
		mm.lockAll(how)
		for _, v := range mm.vmas {
			mm.populate(v.Start, v.End) // errors are not told
		}
	}
	return 0
}

func (mm *MM) lockAll(how locking) {
	for _, v := range mm.vmas {
		v.lock(how)
	}
	for i := len(mm.vmas) - 1; i > 0; i-- {
		mm.merge(i)
	}
}

func sysMunlockall(k *Kernel, t *Thread, c *call) int64 {
	t.proc.mm.lockFuture = notLocked
	t.proc.mm.lockAll(notLocked)
	return 0
}

// futureLock is how a new mapping of size bytes is locked; EAGAIN: it would be, and that is
// more than may be (mlock_future_check()).
func (p *Process) futureLock(size, flags uint64) (locking, int64) {
	how := p.mm.lockFuture
	if flags&abi.MAP_LOCKED != 0 {
		if !p.mayLockAny() {
			return notLocked, -EPERM
		}
		how = max(how, lockPages)
	}
	if how != notLocked && !p.mayLock(size+p.mm.locked()) {
		return how, -EAGAIN
	}
	return how, 0
}
