package linux

import (
	"math"
	"slices"
	"time"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
)

// Operations and flags of epoll(7) and eventfd(2).
const (
	epollIn     = abi.POLLIN | abi.POLLRDNORM | abi.POLLRDHUP | abi.POLLERR | abi.POLLHUP
	epollOut    = abi.POLLOUT | abi.POLLWRNORM | abi.POLLWRBAND | abi.POLLERR | abi.POLLHUP
	epollEvents = epollIn | epollOut

	eventMax = math.MaxUint64 - 1
)

// interest is one descriptor that an epoll instance watches. It goes when its
// file is closed.
type interest struct {
	fd     int
	file   *File
	events uint32
	data   uint64
	seen   vfs.Wakes // edge-triggered: the file's edges when it was last looked at
}

// ready is the events that a watched file has, of those asked for, when t asks.
func (i *interest) ready(t *Thread) uint32 {
	if i.file.refs == 0 || i.events&epollEvents == 0 { // closed, or a one-shot that was reported
		return 0
	}
	return uint32(i.file.poll(t)) & (i.events | abi.POLLERR | abi.POLLHUP) & epollEvents
}

// fresh reports whether something has woken who waits for the events of n since they
// were last looked at.
func (i *interest) fresh(k *Kernel) bool {
	now := i.file.edges(k)
	return i.events&epollIn != 0 && now.In != i.seen.In || i.events&epollOut != 0 && now.Out != i.seen.Out
}

func sysEpollCreate(k *Kernel, t *Thread, c *call) int64 {
	if c.int(0) <= 0 {
		return -EINVAL
	}
	return t.open(&File{device: devEpoll, path: "anon_inode:[eventpoll]"}, 0)
}

func sysEpollCreate1(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[0]&^abi.O_CLOEXEC != 0 {
		return -EINVAL
	}
	return t.open(&File{device: devEpoll, path: "anon_inode:[eventpoll]"}, c.arg[0])
}

// open gives a new file a descriptor. flags are O_CLOEXEC and O_NONBLOCK.
func (t *Thread) open(f *File, flags uint64) int64 {
	f.refs = 1
	f.flags |= abi.O_RDWR | int(flags)&abi.O_NONBLOCK
	fd := t.proc.files.add(f, 0, flags&abi.O_CLOEXEC != 0)
	if fd < 0 {
		return -EMFILE
	}
	return int64(fd)
}

func sysEpollCtl(k *Kernel, t *Thread, c *call) int64 {
	e, f := t.proc.files.opened(c.fd(0)), t.proc.files.opened(c.fd(2))
	switch {
	case e == nil || f == nil:
		return -EBADF
	case f.host != nil || f.device >= devNull && f.device <= devRandom || f.device == devFull || f.device == devText || f.device == devMem || f.device == devName || f.device == devList:
		return -EPERM
	case e.device != devEpoll || e == f:
		return -EINVAL
	}
	n := interest{fd: c.fd(2), file: f}
	if c.int(1) != abi.EPOLL_CTL_DEL {
		var e abi.EpollEvent
		if !copyFromUser(t.proc.mm, c.arg[3], c.word(), &e) {
			return -EFAULT
		}
		n.events, n.data = e.Events, e.Data
	}
	if f.device == devEpoll && c.int(1) == abi.EPOLL_CTL_ADD && k.nestsTooDeep(e, f) {
		return -ELOOP
	}
	r := e.watch(c.int(1), n)
	k.changed()
	return r
}

// maxNested is how deep epoll instances may watch each other (EP_MAX_NESTS).
const maxNested = 4

// nestsTooDeep reports whether an instance that watched another would be in a circle,
// or in a chain that is too long (ep_loop_check()).
func (k *Kernel) nestsTooDeep(outer, inner *File) bool {
	down := outer.depthBelow(inner, 0)
	if down > maxNested {
		return true
	}
	var up func(f *File) int
	files := state.All[File](k.objects())
	up = func(f *File) int {
		depth := 0
		for _, o := range files {
			if o.refs > 0 && slices.ContainsFunc(o.watched, func(w interest) bool { return w.file == f && f.refs > 0 }) {
				depth = max(depth, up(o)+1)
			}
		}
		return depth
	}
	return down+1+up(outer) > maxNested
}

// depthBelow is how many instances there are in a row below i: more than may be if
// f is among them.
func (f *File) depthBelow(i *File, depth int) int {
	deepest := 0
	for _, w := range i.watched {
		switch {
		case w.file.refs == 0 || w.file.device != devEpoll:
		case w.file == f || depth > maxNested:
			return maxNested + 1
		default:
			deepest = max(deepest, f.depthBelow(w.file, depth+1)+1)
		}
	}
	return deepest
}

// watch changes what an epoll instance watches. The list is replaced, not
// changed: snapshots share it.
func (f *File) watch(op int, n interest) int64 {
	list := slices.DeleteFunc(slices.Clone(f.watched), func(i interest) bool { return i.file.refs == 0 })
	at := slices.IndexFunc(list, func(i interest) bool { return i.fd == n.fd && i.file == n.file })
	switch {
	case op == abi.EPOLL_CTL_ADD && at >= 0:
		return -EEXIST
	case op != abi.EPOLL_CTL_ADD && at < 0:
		return -ENOENT
	case op == abi.EPOLL_CTL_ADD:
		list = append(list, n)
	case op == abi.EPOLL_CTL_MOD:
		list[at] = n
	case op == abi.EPOLL_CTL_DEL:
		list = slices.Delete(list, at, at+1)
	default:
		return -EINVAL
	}
	f.watched = list
	return 0
}

func sysEpollWait(k *Kernel, t *Thread, c *call) int64 {
	timeout := int64(c.int(3))
	if timeout > 0 {
		timeout *= int64(time.Millisecond)
	}
	return k.epollWait(t, c, timeout)
}

func sysEpollPwait(k *Kernel, t *Thread, c *call) int64 {
	if r := t.maskArg(c.arg[4]); r != 0 {
		return r
	}
	return sysEpollWait(k, t, c)
}

func sysEpollPwait2(k *Kernel, t *Thread, c *call) int64 {
	timeout := int64(-1)
	if c.arg[3] != 0 {
		ns, r := k.readTimespec(t, c.arg[3], 8)
		if r != 0 {
			return r
		}
		timeout = int64(ns)
	}
	if r := t.maskArg(c.arg[4]); r != 0 {
		return r
	}
	return k.epollWait(t, c, timeout)
}

func (k *Kernel) epollWait(t *Thread, c *call, timeout int64) int64 {
	e, most := t.proc.files.get(c.fd(0)), c.int(2)
	switch {
	case e == nil:
		return -EBADF
	case e.device != devEpoll || most <= 0:
		return -EINVAL
	}
	var out []abi.EpollEvent
	list := slices.Clone(e.watched)
	for i := range list {
		n := &list[i]
		got := n.ready(t)
		if len(out) == most || n.events&abi.EPOLLET != 0 && !n.fresh(k) {
			continue
		}
		n.seen = n.file.edges(k)
		if got == 0 {
			continue
		}
		out = append(out, abi.EpollEvent{Events: got, Data: n.data})
		if n.events&abi.EPOLLONESHOT != 0 {
			n.events &^= epollEvents
		}
	}
	if len(out) == 0 && timeout != 0 {
		if r := t.waitUntil(timeout); r != 0 {
			return r
		}
	}
	if !copyToUser(t.proc.mm, c.arg[1], c.word(), out) {
		return -EFAULT
	}
	e.watched = list
	return int64(len(out))
}

func sysEventfd(k *Kernel, t *Thread, c *call) int64 {
	c.arg[1] = 0
	return sysEventfd2(k, t, c)
}

func sysEventfd2(k *Kernel, t *Thread, c *call) int64 {
	flags := c.arg[1]
	if flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK|abi.EFD_SEMAPHORE) != 0 {
		return -EINVAL
	}
	f := &File{device: devEvent, path: "anon_inode:[eventfd]", count: uint64(uint32(c.arg[0]))}
	if flags&abi.EFD_SEMAPHORE != 0 {
		f.device = devSemaphore
	}
	return t.open(f, flags)
}

// readEvent takes an eventfd's count, or one of it.
func (k *Kernel) readEvent(t *Thread, f *File, b []byte) int64 {
	switch {
	case len(b) < 8:
		return -EINVAL
	case f.count == 0:
		return t.waitFor(f, false)
	}
	n := f.count
	if f.device == devSemaphore {
		n = 1
	}
	f.count -= n
	f.wakes.Out++
	le.PutUint64(b, n)
	k.changed()
	return 8
}

// writeEvent adds to an eventfd's count.
func (k *Kernel) writeEvent(t *Thread, f *File, b []byte) int64 {
	if len(b) < 8 {
		return -EINVAL
	}
	switch n := le.Uint64(b); {
	case n > eventMax:
		return -EINVAL
	case n <= eventMax-f.count:
		f.count += n
		f.wakes.In++
		k.changed()
		return 8
	}
	return t.waitFor(f, false)
}

// pollEvent says which events hold for an eventfd, an epoll instance and the like.
func (f *File) pollEvent(t *Thread) uint16 {
	var r uint16
	switch f.device {
	case devEpoll:
		for i := range f.watched {
			if f.watched[i].ready(t) != 0 {
				r |= abi.POLLIN
			}
		}
		return r
	case devQueue:
		return f.queue.poll()
	case devProcess:
		if f.proc.isZombie() {
			r |= abi.POLLIN | abi.POLLRDNORM
		}
		return r
	case devNotify:
		if len(f.notify.events) > 0 {
			r |= abi.POLLIN | abi.POLLRDNORM
		}
		return r
	case devSignal:
		if t.pending()&f.mask != 0 {
			r |= abi.POLLIN
		}
		return r
	}
	if f.count > 0 {
		r |= abi.POLLIN
	}
	if f.device != devTimer && f.count < eventMax {
		r |= abi.POLLOUT
	}
	return r
}
