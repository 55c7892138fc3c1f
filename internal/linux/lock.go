package linux

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
)

// lock is a lock on bytes of a file (fcntl(2)) or on the whole of it (flock(2)). Two that
// are of one kind, overlap, and of which one is for writing, exclude each other.
type lock struct {
	table      *fdTable // owner of fcntl's: the process's descriptors
	file       *File    // owner of flock's and of open-file-description ones
	whole      bool     // flock's
	write      bool
	start, end int64 // bytes, end exclusive
	pid        int   // who is told of it
}

func (l *lock) owns(m *lock) bool {
	return l.table == m.table && l.file == m.file && l.whole == m.whole
}

func (l *lock) excludes(m *lock) bool {
	return l.whole == m.whole && !l.owns(m) && (l.write || m.write) && l.start < m.end && m.start < l.end
}

// conflict is a lock of another owner that keeps l from being taken, or nil.
func (k *Kernel) conflict(at vfs.Key, l *lock) *lock {
	for i := range k.locks[at] {
		if m := &k.locks[at][i]; m.excludes(l) {
			return m
		}
	}
	return nil
}

// setLock gives l's bytes to its owner as l says, or takes them away.
func (k *Kernel) setLock(at vfs.Key, l lock, unlock bool) {
	var list []lock // made anew: snapshots share the old one
	for _, m := range k.locks[at] {
		if !m.owns(&l) || m.end <= l.start || l.end <= m.start {
			list = append(list, m)
			continue
		}
		if m.start < l.start {
			left := m
			left.end = l.start
			list = append(list, left)
		}
		if m.end > l.end {
			m.start = l.end
			list = append(list, m)
		}
	}
	if !unlock {
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b lock) int { return cmp.Compare(a.start, b.start) })
	if k.locks[at] = list; len(list) == 0 {
		delete(k.locks, at)
	}
	k.changed()
}

// dropLocks takes away the locks of an owner that is gone, on one file.
func (k *Kernel) dropLocks(f *File, gone func(*lock) bool) {
	if len(k.locks) == 0 || f.host == nil {
		return
	}
	at := keyOf(f)
	if !slices.ContainsFunc(k.locks[at], func(l lock) bool { return gone(&l) }) {
		return
	}
	list := slices.DeleteFunc(slices.Clone(k.locks[at]), func(l lock) bool { return gone(&l) })
	if k.locks[at] = list; len(list) == 0 {
		delete(k.locks, at)
	}
	k.changed()
}

// keyOf is the identity of a file of the tree.
func keyOf(f *File) vfs.Key {
	info, _ := f.host.Stat()
	return vfs.KeyOf(vfs.StatOf(info))
}

func sysFlock(k *Kernel, t *Thread, c *call) int64 {
	f := t.proc.files.opened(c.fd(0))
	op := c.arg[1] &^ abi.LOCK_NB
	switch {
	case f == nil:
		return -EBADF
	case op != abi.LOCK_SH && op != abi.LOCK_EX && op != abi.LOCK_UN:
		return -EINVAL
	case f.host == nil: // what is no file of the tree has no locks
		return -ENOLCK
	}
	l := lock{file: f, whole: true, write: op == abi.LOCK_EX, end: math.MaxInt64, pid: t.proc.PID}
	return k.lock(t, f, l, op == abi.LOCK_UN, c.arg[1]&abi.LOCK_NB == 0)
}

// lock takes or gives up a lock, and waits for it if it may.
func (k *Kernel) lock(t *Thread, f *File, l lock, unlock, wait bool) int64 {
	at := keyOf(f)
	if !unlock && k.conflict(at, &l) != nil {
		if !wait {
			return -EAGAIN
		}
		return t.block(restartSys, never)
	}
	k.setLock(at, l, unlock)
	return 0
}

// hasFlock64 reports whether the call has a struct flock64: i386's later commands do.
func (c *call) hasFlock64() bool { return c.compat && c.int(1) >= abi.F_GETLK64 }

// readFlock reads argument 2, as what a struct flock64 says and as it is.
func (t *Thread) readFlock(c *call) (l abi.Flock64, b []byte, ok bool) {
	var short abi.Flock
	if c.hasFlock64() {
		b = make([]byte, abi.Sizeof(c.word(), l))
	} else {
		b = make([]byte, abi.Sizeof(c.word(), short))
	}
	if !t.proc.mm.Read(c.arg[2], b) {
		return l, nil, false
	}
	if c.hasFlock64() {
		abi.Unmarshal(c.word(), b, &l)
		return l, b, true
	}
	abi.Unmarshal(c.word(), b, &short)
	return abi.Flock64{Type: short.Type, Whence: short.Whence, Start: int64(short.Start), Len: int64(short.Len), Pid: short.Pid}, b, true
}

// writeFlock writes argument 2, of which b was read.
func (t *Thread) writeFlock(c *call, l abi.Flock64, b []byte) int64 {
	if c.hasFlock64() {
		abi.Put(c.word(), b, l)
	} else {
		abi.Put(c.word(), b, abi.Flock{Type: l.Type, Whence: l.Whence, Start: abi.Long(l.Start), Len: abi.Long(l.Len), Pid: l.Pid})
	}
	return t.give(c.arg[2], b)
}

// isLockCommand reports whether fcntl is asked about locks.
func (c *call) isLockCommand() bool {
	switch c.int(1) {
	case abi.F_GETLK, abi.F_SETLK, abi.F_SETLKW, abi.F_OFD_GETLK, abi.F_OFD_SETLK, abi.F_OFD_SETLKW:
		return true
	case abi.F_GETLK64, abi.F_SETLK64, abi.F_SETLKW64:
		return c.compat
	}
	return false
}

// fcntlLock is fcntl(2) for locks.
func (k *Kernel) fcntlLock(t *Thread, c *call, f *File) int64 {
	fl, b, ok := t.readFlock(c)
	if !ok {
		return -EFAULT
	}
	kind := fl.Type
	if f.host == nil || kind < 0 || kind > abi.F_UNLCK {
		return -EINVAL
	}
	l := lock{table: t.proc.files, write: kind == abi.F_WRLCK, pid: t.proc.PID}
	if c.int(1) >= abi.F_OFD_GETLK {
		if fl.Pid != 0 {
			return -EINVAL
		}
		l.table, l.file, l.pid = nil, f, -1
	}
	if r := l.span(f, &fl); r != 0 {
		return r
	}
	get, wait := false, false
	switch c.int(1) {
	case abi.F_GETLK, abi.F_GETLK64, abi.F_OFD_GETLK:
		get = true
	case abi.F_SETLKW, abi.F_SETLKW64, abi.F_OFD_SETLKW:
		wait = true
	}
	switch {
	case get:
		k.conflict(keyOf(f), &l).tell(&fl)
		return t.writeFlock(c, fl, b)
	case kind == abi.F_RDLCK && !f.readable(), kind == abi.F_WRLCK && !f.writable():
		return -EBADF
	}
	return k.lock(t, f, l, kind == abi.F_UNLCK, wait)
}

// span reads the bytes that a struct flock means.
func (l *lock) span(f *File, fl *abi.Flock64) int64 {
	l.start = fl.Start
	switch fl.Whence {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		l.start += f.pos
	case abi.SEEK_END:
		l.start += f.size()
	default:
		return -EINVAL
	}
	switch n := fl.Len; {
	case n == 0:
		l.end = math.MaxInt64
	case n > 0 && l.start > math.MaxInt64-n:
		return -EOVERFLOW
	case n > 0:
		l.end = l.start + n
	default:
		l.start, l.end = l.start+n, l.start
	}
	if l.start < 0 {
		return -EINVAL
	}
	return 0
}

// tell puts a conflicting lock into a struct flock; nil: there is none.
func (l *lock) tell(fl *abi.Flock64) {
	if l == nil {
		fl.Type = abi.F_UNLCK
		return
	}
	*fl = abi.Flock64{Type: abi.F_RDLCK, Whence: abi.SEEK_SET, Start: l.start, Len: l.end - l.start, Pid: int32(l.pid)}
	if l.write {
		fl.Type = abi.F_WRLCK
	}
	if l.end == math.MaxInt64 {
		fl.Len = 0
	}
}

// hashLocks feeds who has locked what.
func (k *Kernel) hashLocks(h *emu.Hasher, o *state.Objects) {
	for _, at := range slices.SortedFunc(maps.Keys(k.locks), vfs.CompareKeys) {
		state.Words(h, at.Dev, at.Ino)
		for _, l := range k.locks[at] {
			state.Words(h, state.Number(o, l.table), state.Number(o, l.file), uint64(l.start), uint64(l.end), uint64(l.pid))
			h.Bool(l.whole)
			h.Bool(l.write)
		}
	}
}
