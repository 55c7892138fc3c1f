package linux

import (
	"slices"
	"strings"

	"trapline/internal/linux/abi"
)

// queueName reads the name of a queue, which has no slash: the C library takes the
// one in front away.
func (t *Thread) queueName(va uint64) (string, int64) {
	name, ok := t.proc.mm.ReadString(va, maxPath)
	switch {
	case !ok && len(name) >= maxPath:
		return "", -ENAMETOOLONG
	case !ok:
		return "", -EFAULT
	case name == "":
		return "", -ENOENT
	}
	return name, 0
}

// checkQueueName is what looking a name up in a directory refuses (lookup_one_len()).
func checkQueueName(name string) int64 {
	switch {
	case name == "." || name == ".." || strings.Contains(name, "/"):
		return -EACCES
	case len(name) > maxQueueName:
		return -ENAMETOOLONG
	}
	return 0
}

// findQueue is the queue of a name, or nil.
func (k *Kernel) findQueue(name string) *mqueue {
	if i := slices.IndexFunc(k.queues, func(q *mqueue) bool { return q.linked && q.name == name }); i >= 0 {
		return k.queues[i]
	}
	return nil
}

func sysMqOpen(k *Kernel, t *Thread, c *call) int64 {
	flags, mode := int(c.arg[1]), uint32(c.arg[2])
	most, size := int64(maxQueueLength), int64(maxQueuedSize)
	if c.arg[3] != 0 {
		var attr abi.MqAttr
		if !copyFromUser(t.proc.mm, c.arg[3], c.word(), &attr) {
			return -EFAULT
		}
		most, size = int64(attr.Maxmsg), int64(attr.Msgsize)
	}
	name, r := t.queueName(c.arg[0])
	if r != 0 {
		return r
	}
	fd := t.proc.files.add(&File{refs: 1}, 0, true)
	if fd < 0 {
		return -EMFILE
	}
	t.proc.files.fds[fd] = descriptor{}
	if r := checkQueueName(name); r != 0 {
		return r
	}
	q := k.findQueue(name)
	switch {
	case q == nil && flags&abi.O_CREAT == 0:
		return -ENOENT
	case q == nil:
		if q, r = k.newQueue(t, name, mode, most, size); r != 0 {
			return r
		}
	case flags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL:
		return -EEXIST
	case flags&abi.O_ACCMODE == abi.O_ACCMODE:
		return -EINVAL
	case !k.may(q.st, map[int]uint32{abi.O_RDONLY: abi.R_OK, abi.O_WRONLY: abi.W_OK, abi.O_RDWR: abi.R_OK | abi.W_OK}[flags&abi.O_ACCMODE]):
		return -EACCES
	}
	q.files++
	t.proc.files.fds[fd] = descriptor{&File{refs: 1, device: devQueue, path: "/" + name, queue: q, flags: flags & (abi.O_ACCMODE | abi.O_NONBLOCK)}, true}
	return int64(fd)
}

func sysMqUnlink(k *Kernel, t *Thread, c *call) int64 {
	name, r := t.queueName(c.arg[0])
	if r == 0 {
		r = checkQueueName(name)
	}
	if r != 0 {
		return r
	}
	q := k.findQueue(name)
	if q == nil {
		return -ENOENT
	}
	q.linked = false
	q.st.Nlink = 0
	k.dropQueue(q)
	return 0
}

// queueDeadline reads the time, of the wall clock, at which a wait ends.
func (k *Kernel) queueDeadline(t *Thread, va uint64, word int) (uint64, int64) {
	if va == 0 {
		return never, 0
	}
	at, r := k.readTimespec(t, va, word)
	if r != 0 {
		return 0, r
	}
	k.readsClock()
	begin := k.realTime() - k.Now()
	return at - min(at, begin), 0
}

func sysMqTimedsend(k *Kernel, t *Thread, c *call) int64   { return k.mqSend(t, c, c.word()) }
func sysMqTimedsend64(k *Kernel, t *Thread, c *call) int64 { return k.mqSend(t, c, 8) }

// mqSend is do_mq_timedsend().
func (k *Kernel) mqSend(t *Thread, c *call, word int) int64 {
	if t.mq.done {
		t.mq = mqWait{}
		return 0
	}
	deadline, r := k.queueDeadline(t, c.arg[4], word)
	if r != 0 {
		return r
	}
	if uint32(c.arg[3]) >= maxPriority {
		return -EINVAL
	}
	f := t.queueFile(c.fd(0))
	if f == nil || !f.writable() {
		return -EBADF
	}
	q := f.queue
	if c.arg[2] > uint64(q.size) {
		return -EMSGSIZE
	}
	data := make([]byte, c.arg[2])
	if !t.proc.mm.Read(c.arg[1], data) {
		return -EFAULT
	}
	m := queued{uint32(c.arg[3]), data}
	switch {
	case t.mq.queue == nil && len(q.messages) < q.most:
		if k.queueBytes()+len(data) > maxAllQueues {
			return -ENOMEM
		}
		k.sendQueued(t, q, m)
		return 0
	case t.mq.queue == nil && f.flags&abi.O_NONBLOCK != 0:
		return -EAGAIN
	}
	return k.waitQueue(t, mqWait{queue: q, sends: true, queued: m}, deadline)
}

// waitQueue makes the thread wait until it is served, or the deadline has passed.
func (k *Kernel) waitQueue(t *Thread, w mqWait, deadline uint64) int64 {
	if t.mq.queue == nil {
		k.futexSeq++
		w.order = k.futexSeq
		t.mq = w
	}
	if k.Now() >= deadline {
		t.mq = mqWait{}
		return -ETIMEDOUT
	}
	return t.block(restartSys, deadline)
}

func sysMqTimedreceive(k *Kernel, t *Thread, c *call) int64   { return k.mqReceive(t, c, c.word()) }
func sysMqTimedreceive64(k *Kernel, t *Thread, c *call) int64 { return k.mqReceive(t, c, 8) }

// mqReceive is do_mq_timedreceive().
func (k *Kernel) mqReceive(t *Thread, c *call, word int) int64 {
	if t.mq.done {
		m := t.mq.queued
		t.mq = mqWait{}
		return t.giveQueued(c, m)
	}
	deadline, r := k.queueDeadline(t, c.arg[4], word)
	if r != 0 {
		return r
	}
	f := t.queueFile(c.fd(0))
	if f == nil || !f.readable() {
		return -EBADF
	}
	q := f.queue
	switch {
	case c.arg[2] < uint64(q.size):
		return -EMSGSIZE
	case t.mq.queue == nil && len(q.messages) > 0:
		return t.giveQueued(c, k.receiveQueued(q))
	case t.mq.queue == nil && f.flags&abi.O_NONBLOCK != 0:
		return -EAGAIN
	}
	return k.waitQueue(t, mqWait{queue: q}, deadline)
}

// giveQueued writes a message to where the caller wants it.
func (t *Thread) giveQueued(c *call, m queued) int64 {
	if c.arg[3] != 0 && !putWord(t.proc.mm, c.arg[3], 4, uint64(m.priority)) || !t.proc.mm.Write(c.arg[1], m.data) {
		return -EFAULT
	}
	return int64(len(m.data))
}

func sysMqNotify(k *Kernel, t *Thread, c *call) int64 {
	n := mqNotify{pid: t.proc.PID}
	if c.arg[1] != 0 {
		tm := posixTimer{}
		if r := t.readSigevent(c, c.arg[1], &tm); r != 0 {
			return r
		}
		n.how, n.signo, n.value = tm.notify, tm.signo, tm.value
		switch {
		case n.how > abi.SIGEV_THREAD, n.how == abi.SIGEV_SIGNAL && (n.signo < 0 || n.signo > abi.SIGRTMAX):
			return -EINVAL
		case n.how == abi.SIGEV_THREAD:
			if r := t.readCookie(&n); r != 0 {
				return r
			}
		}
	}
	f := t.queueFile(c.fd(0))
	switch {
	case f == nil:
		return -EBADF
	case c.arg[1] == 0:
		if f.queue.notify.pid == t.proc.PID {
			f.queue.unnotify(k)
		}
	case f.queue.notify.pid != 0:
		return -EBUSY
	default:
		f.queue.notify = n
	}
	return 0
}

// readCookie takes what SIGEV_THREAD is told by: the bytes at its value, and the socket that is its signal.
func (t *Thread) readCookie(n *mqNotify) int64 {
	cookie := make([]byte, cookieBytes)
	if !t.proc.mm.Read(n.value, cookie) {
		return -EFAULT
	}
	f, r := t.sock(n.signo)
	switch {
	case r != 0:
		return r
	case !f.sock.IsNetlink():
		return -EINVAL
	}
	n.sock, n.cookie, n.signo = f.sock, string(cookie), 0
	return 0
}

func sysMqGetsetattr(k *Kernel, t *Thread, c *call) int64 {
	var attr abi.MqAttr
	if c.arg[1] != 0 {
		if !copyFromUser(t.proc.mm, c.arg[1], c.word(), &attr) {
			return -EFAULT
		}
		if attr.Flags&^abi.O_NONBLOCK != 0 {
			return -EINVAL
		}
	}
	f := t.queueFile(c.fd(0))
	if f == nil {
		return -EBADF
	}
	old := abi.MqAttr{
		Flags: abi.Long(f.flags & abi.O_NONBLOCK), Maxmsg: abi.Long(f.queue.most), Msgsize: abi.Long(f.queue.size), Curmsgs: abi.Long(len(f.queue.messages)),
	}
	if c.arg[1] != 0 {
		f.flags = f.flags&^abi.O_NONBLOCK | int(attr.Flags)
	}
	if c.arg[2] == 0 {
		return 0
	}
	return t.copyOut(c.arg[2], c.word(), old)
}
