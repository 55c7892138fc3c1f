package linux

import (
	"time"

	"trapline/internal/linux/abi"
)

// Calls that change what a file tells of itself.

func sysChmod(k *Kernel, t *Thread, c *call) int64 {
	n, r := k.nodeAt(t, abi.AT_FDCWD, c.arg[0], true, false)
	return k.chmod(n, r, c.arg[1])
}

func sysFchmod(k *Kernel, t *Thread, c *call) int64 {
	n, r := k.foundOpen(t.proc.files.opened(c.fd(0)))
	return k.chmod(n, r, c.arg[1])
}

func sysFchmodat(k *Kernel, t *Thread, c *call) int64 {
	n, r := k.nodeAt(t, c.fd(0), c.arg[1], true, false)
	return k.chmod(n, r, c.arg[2])
}

func (k *Kernel) chmod(n found, r int64, mode uint64) int64 {
	switch {
	case r != 0:
		return r
	case !k.owns(n.Attr):
		return -EPERM
	}
	n.Attr.Mode = n.Attr.Mode&abi.S_IFMT | uint32(mode)&0o7777
	n.keep()
	k.fs.Stamp(&n.Attr.Ctime)
	k.happenedToFound(n, abi.IN_ATTRIB)
	return 0
}

func sysChown(k *Kernel, t *Thread, c *call) int64 {
	n, r := k.nodeAt(t, abi.AT_FDCWD, c.arg[0], true, false)
	return k.chown(n, r, c.arg[1], c.arg[2])
}

func sysLchown(k *Kernel, t *Thread, c *call) int64 {
	n, r := k.nodeAt(t, abi.AT_FDCWD, c.arg[0], false, false)
	return k.chown(n, r, c.arg[1], c.arg[2])
}

func sysFchown(k *Kernel, t *Thread, c *call) int64 {
	n, r := k.foundOpen(t.proc.files.opened(c.fd(0)))
	return k.chown(n, r, c.arg[1], c.arg[2])
}

func sysFchownat(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[4]&0xffffffff&^(abi.AT_SYMLINK_NOFOLLOW|abi.AT_EMPTY_PATH) != 0 {
		return -EINVAL
	}
	n, r := k.nodeAt(t, c.fd(0), c.arg[1], c.arg[4]&abi.AT_SYMLINK_NOFOLLOW == 0, c.arg[4]&abi.AT_EMPTY_PATH != 0)
	return k.chown(n, r, c.arg[2], c.arg[3])
}

// chown changes the owner for root, and for others the group of their files to one of theirs.
func (k *Kernel) chown(n found, r int64, uid, gid uint64) int64 {
	if r != 0 {
		return r
	}
	const same = 0xffffffff
	told := uint32(uid) != same || uint32(gid) != same
	u := k.user()
	for i, id := range []struct {
		to  uint32
		now *uint32
	}{{uint32(uid), &n.Attr.Uid}, {uint32(gid), &n.Attr.Gid}} {
		if id.to == same || id.to == *id.now {
			continue
		}
		ownGroup := i == 1 && u.UID == n.Attr.Uid && k.inGroup(id.to)
		if u.UID != 0 && !ownGroup {
			return -EPERM
		}
		*id.now = id.to
	}
	n.keep()
	k.fs.Stamp(&n.Attr.Ctime)
	if told {
		k.happenedToFound(n, abi.IN_ATTRIB)
	}
	return 0
}

func sysUtimensat(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[3]&0xffffffff&^(abi.AT_SYMLINK_NOFOLLOW|abi.AT_EMPTY_PATH) != 0 {
		return -EINVAL
	}
	n, r := k.nodeAt(t, c.fd(0), c.arg[1], c.arg[3]&abi.AT_SYMLINK_NOFOLLOW == 0, c.arg[3]&abi.AT_EMPTY_PATH != 0)
	return k.utimens(t, c, n, r, c.arg[2], time.Nanosecond)
}

func sysUtimes(k *Kernel, t *Thread, c *call) int64 {
	n, r := k.nodeAt(t, abi.AT_FDCWD, c.arg[0], true, false)
	return k.utimens(t, c, n, r, c.arg[1], time.Microsecond)
}

func sysUtime(k *Kernel, t *Thread, c *call) int64 {
	n, r := k.nodeAt(t, abi.AT_FDCWD, c.arg[0], true, false)
	return k.utimens(t, c, n, r, c.arg[1], time.Second)
}

// utimens sets both times from va, whose second words count in unit; with
// time.Second there are none.
func (k *Kernel) utimens(t *Thread, c *call, n found, r int64, va uint64, unit time.Duration) int64 {
	if r != 0 {
		return r
	}
	if va == 0 {
		if !k.owns(n.Attr) && !k.may(n.Attr, abi.W_OK) {
			return -EACCES
		}
		k.fs.Stamp(&n.Attr.Atime, &n.Attr.Mtime, &n.Attr.Ctime)
		k.happenedToFound(n, abi.IN_ATTRIB)
		return 0
	}
	if !k.owns(n.Attr) {
		return -EPERM
	}
	word := c.word()
	if lookup(c).name == "utimensat_time64" {
		word = 8
	}
	times, ok := t.readTimes(va, word, unit)
	if !ok {
		return -EFAULT
	}
	told := uint32(abi.IN_ACCESS | abi.IN_MODIFY)
	for i, at := range []*abi.Timespec{&n.Attr.Atime, &n.Attr.Mtime} {
		switch s := times[i]; {
		case unit == time.Nanosecond && s.Nsec == abi.UTIME_NOW:
			k.fs.Stamp(at)
		case unit == time.Nanosecond && s.Nsec == abi.UTIME_OMIT:
			told &^= abi.IN_ACCESS << i
		case s.Nsec < 0 || s.Nsec >= abi.Long(time.Second):
			return -EINVAL
		default:
			*at = s
		}
	}
	k.fs.Stamp(&n.Attr.Ctime)
	if told == abi.IN_ACCESS|abi.IN_MODIFY {
		told = abi.IN_ATTRIB
	}
	k.happenedToFound(n, told)
	return 0
}

// readTimes reads the two times at va: a struct utimbuf, or two of struct timeval or timespec.
func (t *Thread) readTimes(va uint64, word int, unit time.Duration) ([2]abi.Timespec, bool) {
	mm := t.proc.mm
	switch unit {
	case time.Second:
		var u abi.Utimbuf
		ok := copyFromUser(mm, va, word, &u)
		return [2]abi.Timespec{{Sec: u.Actime}, {Sec: u.Modtime}}, ok
	case time.Microsecond:
		var l [2]abi.Timeval
		ok := copyFromUser(mm, va, word, &l)
		usec := func(i int) abi.Long { return abi.Long(uint32(l[i].Usec)) * abi.Long(time.Microsecond) }
		return [2]abi.Timespec{{Sec: l[0].Sec, Nsec: usec(0)}, {Sec: l[1].Sec, Nsec: usec(1)}}, ok
	}
	var l [2]abi.Timespec
	ok := copyFromUser(mm, va, word, &l)
	for i := range l {
		l[i].Nsec = abi.Long(uint32(l[i].Nsec))
	}
	return l, ok
}
