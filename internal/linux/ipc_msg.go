package linux

import (
	"slices"

	"trapline/internal/linux/abi"
)

// message is one of a queue of msgsnd(2). Its bytes do not change.
type message struct {
	kind int64 // mtype
	data []byte
}

func sysMsgget(k *Kernel, t *Thread, c *call) int64 {
	return k.ipcGet(t, ipcMsg, c.arg[0], c.arg[1], func(*ipcObject) int64 { return 0 }, func(o *ipcObject) int64 {
		o.most = maxQueue
		return 0
	})
}

// signed is argument i as the C type long.
func (c *call) signed(i int) int64 {
	if c.compat {
		return int64(int32(c.arg[i]))
	}
	return int64(c.arg[i])
}

func sysMsgsnd(k *Kernel, t *Thread, c *call) int64 {
	kind, ok := getWord(t.proc.mm, c.arg[1], c.word())
	if c.compat {
		kind = uint64(int32(kind))
	}
	size := c.signed(2)
	switch {
	case !ok:
		return -EFAULT
	case size < 0 || size > maxMessage || c.int(0) < 0 || int64(kind) < 1:
		return -EINVAL
	}
	data := make([]byte, size)
	if !t.proc.mm.Read(c.arg[1]+uint64(c.word()), data) {
		return -EFAULT
	}
	o := k.ipcFind(ipcMsg, c.int(0))
	if o == nil {
		return t.noObject()
	}
	if r := k.ipcPermit(o, abi.W_OK); r != 0 {
		return r
	}
	if len(data)+o.bytes > o.most || len(o.queue)+1 > o.most || k.messageBytes()+len(data) > maxAllQueues {
		if c.arg[3]&abi.IPC_NOWAIT != 0 {
			return -EAGAIN
		}
		t.progress = 1
		return t.block(restartNoHand, never)
	}
	o.queue = append(slices.Clone(o.queue), message{int64(kind), data})
	o.bytes += len(data)
	o.lastPID, o.used = t.proc.PID, k.seconds()
	k.changed()
	return 0
}

// messageBytes counts what all queues hold.
func (k *Kernel) messageBytes() int {
	n := 0
	for _, o := range k.ipcs {
		n += o.bytes
	}
	return n
}

func sysMsgrcv(k *Kernel, t *Thread, c *call) int64 {
	size, kind, flags := c.signed(2), c.signed(3), c.arg[4]
	if c.int(0) < 0 || size < 0 {
		return -EINVAL
	}
	if flags&abi.MSG_COPY != 0 && (flags&abi.MSG_EXCEPT != 0 || flags&abi.IPC_NOWAIT == 0) {
		return -EINVAL
	}
	o := k.ipcFind(ipcMsg, c.int(0))
	if o == nil {
		return t.noObject()
	}
	if r := k.ipcPermit(o, abi.R_OK); r != 0 {
		return r
	}
	i := o.chooseMessage(kind, flags)
	switch {
	case i < 0 && flags&abi.IPC_NOWAIT != 0:
		return -ENOMSG
	case i < 0:
		t.progress = 1
		return t.block(restartNoHand, never)
	}
	m := o.queue[i]
	switch {
	case int64(len(m.data)) <= size:
	case flags&abi.MSG_NOERROR == 0:
		return -E2BIG
	case flags&abi.MSG_COPY != 0:
		return -EINVAL
	}
	if flags&abi.MSG_COPY == 0 {
		o.queue = slices.Delete(slices.Clone(o.queue), i, i+1)
		o.bytes -= len(m.data)
		o.lastTake, o.taken = t.proc.PID, k.seconds()
		k.changed()
	}
	data := m.data[:min(int64(len(m.data)), size)]
	if !putWord(t.proc.mm, c.arg[1], c.word(), uint64(m.kind)) || !t.proc.mm.Write(c.arg[1]+uint64(c.word()), data) {
		return -EFAULT
	}
	return int64(len(data))
}

// chooseMessage is the index of the message that msgrcv takes, or -1.
func (o *ipcObject) chooseMessage(kind int64, flags uint64) int {
	switch {
	case flags&abi.MSG_COPY != 0:
		if kind >= 0 && kind < int64(len(o.queue)) {
			return int(kind)
		}
		return -1
	case kind == 0:
		return min(0, len(o.queue)-1)
	case kind < 0:
		best := -1
		for i, m := range o.queue {
			if m.kind <= -kind && (best < 0 || m.kind < o.queue[best].kind) {
				best = i
			}
		}
		return best
	}
	return slices.IndexFunc(o.queue, func(m message) bool { return (m.kind == kind) != (flags&abi.MSG_EXCEPT != 0) })
}

func sysMsgctl(k *Kernel, t *Thread, c *call) int64 {
	o, command := k.ipcFind(ipcMsg, c.int(0)), c.control(1)
	if c.int(0) >= 0 {
		switch command {
		case abi.IPC_INFO, abi.MSG_INFO:
			return k.msgInfo(t, c.arg[2], command == abi.MSG_INFO)
		case abi.MSG_STAT, abi.MSG_STAT_ANY:
			return k.ipcStatAt(t, ipcMsg, c.int(0), c.arg[2], c.word(), command == abi.MSG_STAT_ANY)
		}
	}
	if o == nil || c.int(0) < 0 {
		return -EINVAL
	}
	return k.ipcCommon(t, o, command, c.arg[2], c.word())
}
