package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/vfs"
)

// futexWait is a thread's place in a futex queue.
type futexWait struct {
	key    futexKey
	bits   uint32
	order  uint64 // 0: not queued
	queued bool
	woken  bool
	pi     futexPI
}

// futexKey is the memory word that is waited for: an address in an address
// space, or a place in shared memory.
type futexKey struct {
	mm    *mm.MM
	inode *vfs.Inode
	at    uint64
}

// futexThere checks the address of a word: that it is aligned and the user's, and, if others
// may share it, that it is mapped so that it can be read, or written (get_futex_key()).
func futexThere(mem *mm.MM, va uint64, shared, write bool) int64 {
	need := mm.ProtRead
	if write {
		need = mm.ProtWrite
	}
	switch {
	case va%4 != 0:
		return -EINVAL
	case !mem.InUser(va, 4), shared && !mem.Ready(va, 4, need):
		return -EFAULT
	}
	return 0
}

func (k *Kernel) futexKey(mm *mm.MM, va uint64) futexKey {
	if v := mm.Find(va); v != nil && v.Shared {
		return futexKey{nil, v.Inode, v.Offset(va)}
	}
	return futexKey{mm, nil, va}
}

// futexWaitOn waits for a wake at va while the word there is val.
func (k *Kernel) futexWaitOn(t *Thread, va uint64, val, bits uint32, deadline uint64) int64 {
	interrupt := int64(restartSys)
	if deadline != never {
		interrupt = restartBlock
	}
	f := &t.futex
	if f.queued {
		switch {
		case f.woken:
			*f = futexWait{}
			return 0
		case k.Now() >= deadline:
			*f = futexWait{}
			return -ETIMEDOUT
		}
		return t.block(interrupt, deadline)
	}
	if bits == 0 {
		return -EINVAL
	}
	if r := k.futexExpect(t.proc.mm, va, val); r != 0 {
		return r
	}
	if k.Now() >= deadline {
		return -ETIMEDOUT
	}
	*f = k.futexPlace(t.proc.mm, va, bits)
	return t.block(interrupt, deadline)
}

// futexExpect compares the word at va with val.
func (k *Kernel) futexExpect(mm *mm.MM, va uint64, val uint32) int64 {
	now, ok := getWord(mm, va, 4)
	switch {
	case va%4 != 0:
		return -EINVAL
	case !ok:
		return -EFAULT
	case uint32(now) != val:
		return -EAGAIN
	}
	return 0
}

// futexPlace is the last place in va's queue.
func (k *Kernel) futexPlace(mm *mm.MM, va uint64, bits uint32) futexWait {
	k.futexSeq++
	return futexWait{key: k.futexKey(mm, va), bits: bits, order: k.futexSeq, queued: true}
}

// places are t's places in queues: one, or several in futex_waitv.
func (t *Thread) places(do func(f *futexWait)) {
	if t.futex.queued {
		do(&t.futex)
	}
	for i := range t.futexes {
		do(&t.futexes[i])
	}
}

// futexFirst is the place of the thread that waits longest for key, or nil.
func (k *Kernel) futexFirst(key futexKey, bits uint32) (*Thread, *futexWait) {
	var first *futexWait
	var of *Thread
	for _, t := range k.threads {
		t.places(func(f *futexWait) {
			if !f.woken && f.key == key && f.bits&bits != 0 && (first == nil || f.before(t, first, of)) {
				first, of = f, t
			}
		})
	}
	return of, first
}

// before reports whether t's place f is served before o's place g: threads of
// higher real-time priority are, and else those that wait longer.
func (f *futexWait) before(t *Thread, g *futexWait, o *Thread) bool {
	if mine, its := t.priority(), o.priority(); mine != its {
		return mine > its
	}
	return f.order < g.order
}

// futexWoken reports whether a wake has come for t, which a signal does not undo.
func (t *Thread) futexWoken() bool {
	woken := false
	t.places(func(f *futexWait) { woken = woken || f.woken })
	return woken
}

// futexWake wakes up to n waiters at va, one for n below 1 as the kernel does,
// and says how many.
func (k *Kernel) futexWake(mm *mm.MM, va uint64, n int, bits uint32) int64 {
	key := k.futexKey(mm, va)
	woken := 0
	for woken == 0 || woken < n {
		_, f := k.futexFirst(key, bits)
		if f == nil {
			break
		}
		if f.pi != (futexPI{}) {
			return -EINVAL
		}
		f.woken = true
		woken++
	}
	if woken > 0 {
		k.changed()
	}
	return int64(woken)
}

// futexRequeue wakes n waiters at va and moves up to limit others to va2.
func (k *Kernel) futexRequeue(mm *mm.MM, va, va2 uint64, n, limit int) int64 {
	if n < 0 || limit < 0 {
		return -EINVAL
	}
	done := int64(0)
	if n > 0 {
		done = k.futexWake(mm, va, n, ^uint32(0))
	}
	from, to := k.futexKey(mm, va), k.futexKey(mm, va2)
	for i := 0; done >= 0 && i < limit && from != to; i++ {
		_, f := k.futexFirst(from, ^uint32(0))
		if f == nil {
			break
		}
		if f.pi != (futexPI{}) {
			return -EINVAL
		}
		f.key = to
		done++
	}
	return done
}

// futexWakeModify is FUTEX_WAKE_OP: change the word at va2, wake at va and,
// if the old value passed the test, at va2.
func (k *Kernel) futexWakeModify(mm *mm.MM, va, va2 uint64, n, n2 int, op uint32) int64 {
	const operations = 5
	if op>>28&7 >= operations {
		return -ENOSYS
	}
	old, ok := getWord(mm, va2, 4)
	if !ok {
		return -EFAULT
	}
	was := uint32(old)
	arg, cmp := signExtend12(op>>12), signExtend12(op)
	if op>>28&abi.FUTEX_OP_OPARG_SHIFT != 0 {
		arg = 1 << (uint32(arg) & 31)
	}
	next := int32(was)
	switch op >> 28 & 7 {
	case abi.FUTEX_OP_SET:
		next = arg
	case abi.FUTEX_OP_ADD:
		next += arg
	case abi.FUTEX_OP_OR:
		next |= arg
	case abi.FUTEX_OP_ANDN:
		next &^= arg
	case abi.FUTEX_OP_XOR:
		next ^= arg
	}
	if !putWord(mm, va2, 4, uint64(uint32(next))) {
		return -EFAULT
	}
	x, c := int32(was), int(op>>24&15)
	tests := [...]bool{x == cmp, x != cmp, x < cmp, x <= cmp, x > cmp, x >= cmp}
	if c >= len(tests) {
		return -ENOSYS
	}
	done := k.futexWake(mm, va, n, ^uint32(0))
	if done >= 0 && tests[c] {
		more := k.futexWake(mm, va2, n2, ^uint32(0))
		if more < 0 {
			return more
		}
		done += more
	}
	return done
}

func signExtend12(v uint32) int32 { return int32(v<<20) >> 20 }

// robustLimit bounds the walk of a thread's list of robust futexes.
const robustLimit = 2048

// robustExit marks the robust futexes of a dying thread as ownerless
// (set_robust_list(2)), the one that it was about to take or give up last.
func (k *Kernel) robustExit(t *Thread) {
	if t.robust == 0 || t.proc.mm == nil {
		return
	}
	mm := t.proc.mm
	word := mm.ABI().Word()
	head := t.robust
	t.robust = 0
	var list abi.RobustListHead
	if !copyFromUser(mm, head, word, &list) {
		return
	}
	entry, offset, pending := uint64(list.List), uint64(list.FutexOffset), uint64(list.ListOpPending)
	for n, ok := 0, true; ok && entry&^1 != head && n < robustLimit; n++ {
		at, pi := entry&^1, entry&1 != 0
		entry, ok = getWord(mm, at, word)
		if at != pending&^1 && !k.ownerDied(t, mm.ABI().Mask(at+offset), pi, false) {
			return
		}
	}
	if pending != 0 {
		k.ownerDied(t, mm.ABI().Mask(pending&^1+offset), pending&1 != 0, true)
	}
}

// ownerDied marks one futex of t's list, and wakes a waiter but for PI futexes,
// which are handed over. False: there is no such word.
func (k *Kernel) ownerDied(t *Thread, va uint64, pi, pending bool) bool {
	v, ok := getWord(t.proc.mm, va, 4)
	if !ok || va%4 != 0 {
		return false
	}
	if pending && !pi && v == 0 {
		k.futexWake(t.proc.mm, va, 1, ^uint32(0))
		return true
	}
	if v&abi.FUTEX_TID_MASK != uint64(t.TID) {
		return true
	}
	putWord(t.proc.mm, va, 4, v&abi.FUTEX_WAITERS|abi.FUTEX_OWNER_DIED)
	if !pi && v&abi.FUTEX_WAITERS != 0 {
		k.futexWake(t.proc.mm, va, 1, ^uint32(0))
	}
	return true
}
