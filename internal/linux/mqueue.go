package linux

import (
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
)

// Bounds of POSIX message queues (mq_overview(7)).
const (
	maxQueues      = 256     // for who is not privileged
	maxQueueLength = 10      // messages of a queue, likewise, and by default
	maxQueuedSize  = 8192    // bytes of a message, likewise
	hardQueued     = 65536   // messages, for who is
	hardQueuedSize = 1 << 24 // bytes, likewise
	maxPriority    = 32768   // of a message, exclusive
	maxQueueName   = 255
	queueFileSize  = 80 // st_size
)

// mqueue is a POSIX message queue.
type mqueue struct {
	name     string
	linked   bool // it can be opened by name
	files    int  // open file descriptions
	st       abi.Kstat
	most     int      // messages
	size     int      // bytes of one
	messages []queued // in the order in which they are received; replaced when it changes
	notify   mqNotify
	wakes    vfs.Wakes // of those that poll
}

// queued is a message. Its bytes do not change.
type queued struct {
	priority uint32
	data     []byte
}

// mqNotify is who is told of a message in an empty queue (mq_notify(2)).
type mqNotify struct {
	pid   int    // 0: nobody
	how   uint32 // SIGEV_*
	signo int
	value uint64

	sock   *net.Socket // of SIGEV_THREAD: who tells the C library's thread
	cookie string      // and by which bytes
}

// The last byte of a cookie says whether there is a message, or nobody will be told any more.
const (
	cookieBytes   = 32 // NOTIFY_COOKIE_LEN
	notifyWoken   = 1
	notifyRemoved = 2
)

// sendCookie tells the C library's thread, if it is one that is to be told.
func (k *Kernel) sendCookie(n mqNotify, what byte) {
	if n.sock != nil {
		k.net.NotifyNetlink(n.sock, append([]byte(n.cookie[:cookieBytes-1]), what))
	}
}

// unnotify ends a registration (remove_notification()).
func (q *mqueue) unnotify(k *Kernel) {
	n := q.notify
	q.notify = mqNotify{}
	k.sendCookie(n, notifyRemoved)
}

// reach visits the socket that is told by.
func (q *mqueue) reach(o *state.Objects) { state.Visit(o, q.notify.sock) }

// mqWait is what a thread waits for in a queue; the zero value: nothing.
type mqWait struct {
	queue *mqueue
	sends bool
	order uint64 // by which those that wait are served
	done  bool   // it has been: message is what it receives, or was sent
	queued
}

// queueFile is a descriptor's file if it is a message queue.
func (t *Thread) queueFile(fd int) *File {
	if f := t.proc.files.get(fd); f != nil && f.queue != nil {
		return f
	}
	return nil
}

// weight is what a queue counts of its user's RLIMIT_MSGQUEUE, in bytes: room for all
// messages, and what the kernel needs for them (mqueue_get_inode()).
func (k *Kernel) queueWeight(most, size int) uint64 {
	overhead := uint64(48) // struct msg_msg, and struct posix_msg_tree_node, of 64-bit kernels
	if k.m.Arch.Word() == 4 {
		overhead = 24
	}
	n := uint64(most)
	return n*uint64(size) + n*overhead + min(n, maxPriority)*overhead
}

// newQueue makes a queue; sizes of 0 are not allowed.
func (k *Kernel) newQueue(t *Thread, name string, mode uint32, most, size int64) (*mqueue, int64) {
	mostMessages, mostBytes := int64(maxQueueLength), int64(maxQueuedSize)
	if k.privileged() {
		mostMessages, mostBytes = hardQueued, hardQueuedSize
	} else if len(k.queues) >= maxQueues {
		return nil, -ENOSPC
	}
	if most <= 0 || size <= 0 || most > mostMessages || size > mostBytes {
		return nil, -EINVAL
	}
	all := k.queueWeight(int(most), int(size))
	for _, q := range k.queues {
		all += k.queueWeight(q.most, q.size)
	}
	if all > t.proc.limit(abi.RLIMIT_MSGQUEUE).now {
		return nil, -EMFILE
	}
	n := k.newNode(t, abi.S_IFREG|mode&0o7777)
	q := &mqueue{name: name, linked: true, st: n.Attr, most: int(most), size: int(size)}
	q.st.Size, q.st.Ino = queueFileSize, n.Attr.Ino
	k.queues = append(slices.Clone(k.queues), q)
	return q, 0
}

// dropQueue frees a queue that has neither a name nor a user.
func (k *Kernel) dropQueue(q *mqueue) {
	if !q.linked && q.files == 0 {
		k.queues = slices.DeleteFunc(slices.Clone(k.queues), func(o *mqueue) bool { return o == q })
	}
}

// bytes is what a queue holds.
func (q *mqueue) bytes() int {
	n := 0
	for _, m := range q.messages {
		n += len(m.data)
	}
	return n
}

// queueBytes is what all queues hold.
func (k *Kernel) queueBytes() int {
	n := 0
	for _, q := range k.queues {
		n += q.bytes()
	}
	return n
}

func (q *mqueue) hash(h *emu.Hasher, o *state.Objects) {
	h.String(q.name)
	h.Bool(q.linked)
	state.Words(h, uint64(q.files), q.st.Ino, uint64(q.st.Mode), q.st.Nlink, uint64(q.most), uint64(q.size), uint64(len(q.messages)))
	for _, m := range q.messages {
		h.Uint64(uint64(m.priority))
		h.Bytes(m.data)
	}
	state.Words(h, uint64(q.notify.pid), uint64(q.notify.how), uint64(q.notify.signo), q.notify.value)
	if q.notify.sock != nil {
		h.Uint64(state.Number(o, q.notify.sock))
		h.String(q.notify.cookie)
	}
}

// hashQueueWaits feeds the waiters of message queues, of which only the order counts.
func (k *Kernel) hashQueueWaits(h *emu.Hasher, o *state.Objects) {
	for _, t := range k.threads {
		w := &t.mq
		if w.queue == nil && !w.sends && !w.done && w.queued.data == nil && w.queued.priority == 0 {
			continue
		}
		before := uint64(0)
		for _, other := range k.threads {
			if other.mq.order < w.order {
				before++
			}
		}
		state.Words(h, uint64(t.TID), state.Number(o, w.queue), before, uint64(w.queued.priority))
		h.Bool(w.sends)
		h.Bool(w.done)
		h.Bytes(w.queued.data)
	}
}

// insert puts a message behind those of its priority.
func (q *mqueue) insert(m queued) {
	at := 0
	for at < len(q.messages) && q.messages[at].priority >= m.priority {
		at++
	}
	q.messages = slices.Insert(slices.Clone(q.messages), at, m)
}

// waiter is the thread that is served next of those that wait to send or to receive:
// the one of the highest rank, then who waits longest (wq_add()).
func (k *Kernel) waiter(q *mqueue, sends bool) *Thread {
	var first *Thread
	for _, t := range k.threads {
		w := &t.mq
		if w.queue != q || w.sends != sends || w.done {
			continue
		}
		if first == nil || t.rank() > first.rank() || t.rank() == first.rank() && w.order < first.mq.order {
			first = t
		}
	}
	return first
}

// sendQueued gives a message to who waits for one, or puts it into the queue, which has room.
func (k *Kernel) sendQueued(t *Thread, q *mqueue, m queued) {
	k.fs.Stamp(&q.st.Atime, &q.st.Mtime, &q.st.Ctime)
	if to := k.waiter(q, false); to != nil {
		to.mq.done, to.mq.queued = true, m
	} else {
		q.insert(m)
		k.notifyQueue(t, q)
		q.wakes.In++
		q.wakes.Out++
	}
	k.changed()
}

// notifyQueue tells whoever wants to know that an empty queue has a message, once
// (__do_notify()).
func (k *Kernel) notifyQueue(t *Thread, q *mqueue) {
	n := q.notify
	if n.pid == 0 || len(q.messages) != 1 {
		return
	}
	q.notify = mqNotify{}
	k.sendCookie(n, notifyWoken)
	if p := k.procs[n.pid]; p != nil && n.how == abi.SIGEV_SIGNAL && n.signo != 0 {
		p.send(sigInfo{signo: n.signo, code: abi.SI_MESGQ, pid: t.proc.PID, status: int32(t.proc.cred.uid.real), value: n.value})
	}
}

// receiveQueued takes the first message and lets who waits for room put one in its place.
func (k *Kernel) receiveQueued(q *mqueue) queued {
	m := q.messages[0]
	q.messages = slices.Clone(q.messages[1:])
	k.fs.Stamp(&q.st.Atime, &q.st.Mtime, &q.st.Ctime)
	if from := k.waiter(q, true); from != nil {
		q.insert(from.mq.queued)
		from.mq.done = true
	} else {
		q.wakes.In++
		q.wakes.Out++
	}
	k.changed()
	return m
}

// text is what read(2) gives of a queue.
func (q *mqueue) text() string {
	signo := 0
	if q.notify.how == abi.SIGEV_SIGNAL {
		signo = q.notify.signo
	}
	return fmt.Sprintf("QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n", q.bytes(), q.notify.how, signo, q.notify.pid)
}

// poll says which events hold for a queue.
func (q *mqueue) poll() uint16 {
	var r uint16
	if len(q.messages) > 0 {
		r |= abi.POLLIN | abi.POLLRDNORM
	}
	if len(q.messages) < q.most {
		r |= abi.POLLOUT | abi.POLLWRNORM
	}
	return r
}

// closed ends the registration of a process that closes a descriptor of the queue
// (mqueue_flush_file()).
func (q *mqueue) closed(k *Kernel, by *fdTable) {
	if p := k.procs[q.notify.pid]; p != nil && p.files == by {
		q.unnotify(k)
	}
}
