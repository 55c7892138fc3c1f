package linux

import "trapline/internal/linux/abi"

// Tables of descriptors.

// descriptor is one entry of a descriptor table.
type descriptor struct {
	file    *File
	cloexec bool
}

// fdTable is a process's descriptors, shared under CLONE_FILES.
type fdTable struct {
	users int
	fds   []descriptor
	max   int
}

func (t *fdTable) get(fd int) *File {
	if fd < 0 || fd >= len(t.fds) {
		return nil
	}
	return t.fds[fd].file
}

// opened is get for what asks more of a file than where it is: O_PATH's do not count (fdget()).
func (t *fdTable) opened(fd int) *File {
	if f := t.get(fd); f != nil && f.flags&abi.O_PATH == 0 {
		return f
	}
	return nil
}

// add puts f at the lowest free number from low on; -1: none is free.
func (t *fdTable) add(f *File, low int, cloexec bool) int {
	fd := t.lowest(low)
	if fd < 0 {
		return fd
	}
	if fd >= len(t.fds) {
		t.fds = append(t.fds, make([]descriptor, fd+1-len(t.fds))...)
	}
	t.fds[fd] = descriptor{f, cloexec}
	return fd
}

// lowest is the lowest free number from low on; -1: none is free.
func (t *fdTable) lowest(low int) int {
	for fd := low; fd < t.max; fd++ {
		if t.get(fd) == nil {
			return fd
		}
	}
	return -1
}

func (t *fdTable) clone() *fdTable {
	n := &fdTable{users: 1, max: t.max, fds: append([]descriptor(nil), t.fds...)}
	for _, d := range n.fds {
		if d.file != nil {
			d.file.refs++
		}
	}
	return n
}

// drop gives up one user's hold; the last one closes everything.
func (k *Kernel) dropFiles(t *fdTable) {
	if t.users--; t.users > 0 {
		return
	}
	for fd := range t.fds {
		k.closeFD(t, fd)
	}
}

func (k *Kernel) closeFD(t *fdTable, fd int) bool {
	f := t.get(fd)
	if f == nil {
		return false
	}
	k.keepForWaiters(t, fd, f)
	t.fds[fd] = descriptor{}
	k.dropLocks(f, func(l *lock) bool { return l.table == t && t != nil })
	if f.queue != nil {
		f.queue.closed(k, t)
	}
	k.closeFile(f)
	return true
}
