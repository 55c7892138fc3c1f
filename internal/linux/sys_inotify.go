package linux

import (
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

func sysInotifyInit(k *Kernel, t *Thread, c *call) int64 { return k.inotifyInit(t, 0) }

func sysInotifyInit1(k *Kernel, t *Thread, c *call) int64 {
	return k.inotifyInit(t, c.arg[0]&0xffffffff)
}

func (k *Kernel) inotifyInit(t *Thread, flags uint64) int64 {
	switch {
	case flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK) != 0:
		return -EINVAL
	case len(k.notifiers) >= maxNotifiers:
		return -EMFILE
	}
	f := &File{device: devNotify, path: "anon_inode:inotify", notify: &notifier{}}
	fd := t.open(f, flags)
	if f.flags &^= abi.O_ACCMODE; fd >= 0 {
		k.notifiers = append(slices.Clone(k.notifiers), f.notify)
	}
	return fd
}

func sysInotifyAddWatch(k *Kernel, t *Thread, c *call) int64 {
	mask := uint32(c.arg[2])
	const flags = abi.IN_ONLYDIR | abi.IN_DONT_FOLLOW | abi.IN_EXCL_UNLINK | abi.IN_MASK_CREATE | abi.IN_MASK_ADD | abi.IN_ISDIR | abi.IN_ONESHOT
	const all = abi.IN_ALL_EVENTS | abi.IN_UNMOUNT | abi.IN_Q_OVERFLOW | abi.IN_IGNORED | flags
	f := t.proc.files.get(c.fd(0))
	switch {
	case mask&^uint32(all) != 0 || mask&all == 0:
		return -EINVAL
	case f == nil:
		return -EBADF
	case mask&abi.IN_MASK_ADD != 0 && mask&abi.IN_MASK_CREATE != 0, f.notify == nil:
		return -EINVAL
	}
	p, r := k.userPath(t, abi.AT_FDCWD, c.arg[1])
	if r != 0 {
		return r
	}
	st, r := k.statPath(t, p, mask&abi.IN_DONT_FOLLOW == 0)
	switch {
	case r != 0:
		return r
	case mask&abi.IN_ONLYDIR != 0 && st.Mode&abi.S_IFMT != abi.S_IFDIR:
		return -ENOTDIR
	case !k.may(st, abi.R_OK):
		return -EACCES
	}
	return k.addWatch(f.notify, vfs.KeyOf(st), mask)
}

// addWatch changes a watch of an inode or makes one (inotify_update_watch()).
func (k *Kernel) addWatch(n *notifier, at vfs.Key, mask uint32) int64 {
	const kept = abi.IN_ALL_EVENTS | abi.IN_ONESHOT | abi.IN_EXCL_UNLINK
	list := slices.Clone(n.watches)
	if i := slices.IndexFunc(list, func(w watch) bool { return w.at == at }); i >= 0 {
		if mask&abi.IN_MASK_CREATE != 0 {
			return -EEXIST
		}
		if mask&abi.IN_MASK_ADD == 0 {
			list[i].mask = 0
		}
		list[i].mask |= mask & kept
		n.watches = list
		return int64(list[i].number)
	}
	all := 0
	for _, o := range k.notifiers {
		all += len(o.watches)
	}
	if all >= maxWatches {
		return -ENOSPC
	}
	n.last++
	n.watches = append(list, watch{n.last, at, mask & kept})
	return int64(n.last)
}

func sysInotifyRmWatch(k *Kernel, t *Thread, c *call) int64 {
	f := t.proc.files.get(c.fd(0))
	switch {
	case f == nil:
		return -EBADF
	case f.notify == nil || !slices.ContainsFunc(f.notify.watches, func(w watch) bool { return w.number == c.int(1) }):
		return -EINVAL
	}
	k.unwatch(f.notify, c.int(1))
	return 0
}
