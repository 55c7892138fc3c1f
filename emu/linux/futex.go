package linux

import (
	"trapline/emu/linux/abi"
)

// futexWait is a thread's place in a futex queue.
type futexWait struct {
	key    futexKey
	bits   uint32
	order  uint64 // 0: not queued
	queued bool
	woken  bool
}

// futexKey is the memory word that is waited for: an address in an address
// space, or a place in shared memory.
type futexKey struct {
	mm    *MM
	inode *Inode
	at    uint64
}

func (k *Kernel) futexKey(mm *MM, va uint64) futexKey {
	if v := mm.Find(va); v != nil && v.Shared {
		return futexKey{nil, v.Inode, v.offset(va)}
	}
	return futexKey{mm, nil, va}
}

// futexWaitOn waits for a wake at va while the word there is val.
func (k *Kernel) futexWaitOn(t *Thread, va uint64, val, bits uint32, deadline uint64) int64 {
	f := &t.futex
	if f.queued {
		switch {
		case f.woken:
			*f = futexWait{}
			return 0
		case k.Now() >= deadline:
			*f = futexWait{}
			return -int64(abi.ETIMEDOUT)
		}
		return t.block(restartSys, deadline)
	}
	if va%4 != 0 || bits == 0 {
		return errnoInvalid
	}
	now, ok := getWord(t.proc.mm, va, 4)
	switch {
	case !ok:
		return errnoFault
	case uint32(now) != val:
		return errnoAgain
	case k.Now() >= deadline:
		return -int64(abi.ETIMEDOUT)
	}
	k.futexSeq++
	*f = futexWait{key: k.futexKey(t.proc.mm, va), bits: bits, order: k.futexSeq, queued: true}
	return t.block(restartSys, deadline)
}

// futexFirst is the thread that waits longest for key, or nil.
func (k *Kernel) futexFirst(key futexKey, bits uint32) *Thread {
	var first *Thread
	for _, t := range k.threads {
		f := &t.futex
		if f.queued && !f.woken && f.key == key && f.bits&bits != 0 && (first == nil || f.order < first.futex.order) {
			first = t
		}
	}
	return first
}

// futexWake wakes up to n waiters at va and says how many.
func (k *Kernel) futexWake(mm *MM, va uint64, n int, bits uint32) int64 {
	key := k.futexKey(mm, va)
	woken := 0
	for woken < n {
		t := k.futexFirst(key, bits)
		if t == nil {
			break
		}
		t.futex.woken = true
		woken++
	}
	if woken > 0 {
		k.changed()
	}
	return int64(woken)
}

// futexRequeue wakes n waiters at va and moves up to limit others to va2.
func (k *Kernel) futexRequeue(mm *MM, va, va2 uint64, n, limit int) int64 {
	done := k.futexWake(mm, va, n, ^uint32(0))
	from, to := k.futexKey(mm, va), k.futexKey(mm, va2)
	for i := 0; i < limit && from != to; i++ {
		t := k.futexFirst(from, ^uint32(0))
		if t == nil {
			break
		}
		t.futex.key = to
		done++
	}
	return done
}

// futexWakeModify is FUTEX_WAKE_OP: change the word at va2, wake at va and,
// if the old value passed the test, at va2.
func (k *Kernel) futexWakeModify(mm *MM, va, va2 uint64, n, n2 int, op uint32) int64 {
	old, ok := getWord(mm, va2, 4)
	if !ok {
		return errnoFault
	}
	was := uint32(old)
	arg, cmp := signExtend12(op>>12), signExtend12(op)
	if op>>28&8 != 0 {
		arg = 1 << (uint32(arg) & 31)
	}
	next := int32(was)
	switch op >> 28 & 7 {
	case 0:
		next = arg
	case 1:
		next += arg
	case 2:
		next |= arg
	case 3:
		next &^= arg
	case 4:
		next ^= arg
	default:
		return -int64(abi.ENOSYS)
	}
	if !putWord(mm, va2, 4, uint64(uint32(next))) {
		return errnoFault
	}
	done := k.futexWake(mm, va, n, ^uint32(0))
	x := int32(was)
	tests := [...]bool{x == cmp, x != cmp, x < cmp, x <= cmp, x > cmp, x >= cmp}
	if c := op >> 24 & 15; int(c) < len(tests) && tests[c] {
		done += k.futexWake(mm, va2, n2, ^uint32(0))
	}
	return done
}

func signExtend12(v uint32) int32 { return int32(v<<20) >> 20 }

// robustLimit bounds the walk of a thread's list of robust futexes.
const robustLimit = 2048

// robustExit marks the robust futexes of a dying thread as ownerless
// (set_robust_list(2)).
func (k *Kernel) robustExit(t *Thread) {
	if t.robust == 0 || t.proc.mm == nil {
		return
	}
	mm, word := t.proc.mm, k.m.Arch.Word()
	offset, ok := getWord(mm, t.robust+uint64(word), word)
	entry, ok2 := getWord(mm, t.robust, word)
	for n := 0; ok && ok2 && entry&^1 != t.robust && n < robustLimit; n++ {
		k.ownerDied(t, k.m.Arch.Mask(entry&^1+offset))
		entry, ok2 = getWord(mm, entry&^1, word)
	}
}

func (k *Kernel) ownerDied(t *Thread, va uint64) {
	v, ok := getWord(t.proc.mm, va, 4)
	if !ok || v&abi.FUTEX_TID_MASK != uint64(t.TID) {
		return
	}
	putWord(t.proc.mm, va, 4, v&abi.FUTEX_WAITERS|abi.FUTEX_OWNER_DIED)
	if v&abi.FUTEX_WAITERS != 0 {
		k.futexWake(t.proc.mm, va, 1, ^uint32(0))
	}
}
