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
	f := t.proc.files.get(c.fd(0))
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

// flockForm is where struct flock has what, by the command and the call's layouts.
type flockForm struct{ size, start, length, pid, word int }

func (c *call) flockForm() flockForm {
	switch {
	case !c.compat:
		return flockForm{32, 8, 16, 24, 8}
	case c.int(1) >= abi.F_GETLK64:
		return flockForm{24, 4, 12, 20, 8}
	}
	return flockForm{16, 4, 8, 12, 4}
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
	form := c.flockForm()
	b := make([]byte, form.size)
	if !t.proc.mm.Read(c.arg[2], b) {
		return -EFAULT
	}
	kind := int(le.Uint16(b))
	if f.host == nil || kind > abi.F_UNLCK {
		return -EINVAL
	}
	l := lock{table: t.proc.files, write: kind == abi.F_WRLCK, pid: t.proc.PID}
	if c.int(1) >= abi.F_OFD_GETLK {
		if le.Uint32(b[form.pid:]) != 0 {
			return -EINVAL
		}
		l.table, l.file, l.pid = nil, f, -1
	}
	if r := l.span(f, b, form); r != 0 {
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
		k.tellLock(k.conflict(keyOf(f), &l), b, form)
		if !t.proc.mm.Write(c.arg[2], b) {
			return -EFAULT
		}
		return 0
	case kind == abi.F_RDLCK && !f.readable(), kind == abi.F_WRLCK && !f.writable():
		return -EBADF
	}
	return k.lock(t, f, l, kind == abi.F_UNLCK, wait)
}

// span reads the bytes that a struct flock means.
func (l *lock) span(f *File, b []byte, form flockForm) int64 {
	read := func(at int) int64 {
		if form.word == 4 {
			return int64(int32(le.Uint32(b[at:])))
		}
		return int64(le.Uint64(b[at:]))
	}
	l.start = read(form.start)
	switch le.Uint16(b[2:]) {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		l.start += f.pos
	case abi.SEEK_END:
		l.start += f.size()
	default:
		return -EINVAL
	}
	switch n := read(form.length); {
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

// tellLock puts a conflicting lock into a struct flock; nil: there is none.
func (k *Kernel) tellLock(l *lock, b []byte, form flockForm) {
	if l == nil {
		le.PutUint16(b, abi.F_UNLCK)
		return
	}
	le.PutUint16(b, abi.F_RDLCK)
	if l.write {
		le.PutUint16(b, abi.F_WRLCK)
	}
	le.PutUint16(b[2:], abi.SEEK_SET)
	length := l.end - l.start
	if l.end == math.MaxInt64 {
		length = 0
	}
	for at, v := range map[int]int64{form.start: l.start, form.length: length} {
		if form.word == 4 {
			le.PutUint32(b[at:], uint32(v))
		} else {
			le.PutUint64(b[at:], uint64(v))
		}
	}
	le.PutUint32(b[form.pid:], uint32(int32(l.pid)))
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
