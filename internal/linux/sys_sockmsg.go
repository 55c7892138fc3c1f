package linux

import (
	"time"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/net"
)

// sendmsg(2), recvmsg(2) and their likes.

// maxSocketMessage bounds the bytes of one call on a socket; a stream returns a short count.
const maxSocketMessage = 4 << 20

// gather reads user memory.
func (t *Thread) gather(list []span) ([]byte, int64) {
	var out []byte
	for _, s := range list {
		b := make([]byte, min(s.size, maxSocketMessage-uint64(len(out))))
		if len(b) > 0 && !t.proc.mm.Read(s.base, b) {
			return nil, -EFAULT
		}
		out = append(out, b...)
	}
	return out, 0
}

// receiveInto receives into user memory.
func (k *Kernel) receiveInto(t *Thread, f *File, list []span, flags int, a *net.Arrival) int64 {
	total := uint64(0)
	for _, s := range list {
		total += min(s.size, maxSocketMessage)
	}
	return k.net.Receive(socketCaller{t, f}, f.sock, int(min(total, maxSocketMessage)), flags, func(off int, b []byte) bool {
		for _, s := range list {
			if uint64(off) >= s.size {
				off -= int(s.size)
				continue
			}
			n := min(s.size-uint64(off), uint64(len(b)))
			if !t.proc.mm.Write(s.base+uint64(off), b[:n]) {
				return false
			}
			if b, off = b[n:], 0; len(b) == 0 {
				return true
			}
		}
		return len(b) == 0
	}, a)
}

// socketIO is read, write and their vector forms.
func (k *Kernel) socketIO(t *Thread, f *File, list []span, write bool) int64 {
	if !write {
		total := uint64(0)
		for _, s := range list {
			total += s.size
		}
		if total == 0 {
			return 0
		}
		var a net.Arrival
		r := k.receiveInto(t, f, list, 0, &a)
		k.closeRights(&a)
		return r
	}
	b, r := t.gather(list)
	if r != 0 {
		return r
	}
	m := &net.Message{Data: b, Cred: k.credentialsOf(t)}
	if f.sock.Kind == abi.SOCK_SEQPACKET {
		m.Flags |= abi.MSG_EOR
	}
	return k.net.Send(socketCaller{t, f}, f.sock, m)
}

// msghdr is struct msghdr, and the size of a long in its layout.
type msghdr struct {
	abi.Msghdr
	word int
}

func (t *Thread) readHeader(va uint64, word int) (*msghdr, int64) {
	h := &msghdr{word: word}
	if !copyFromUser(t.proc.mm, va, word, &h.Msghdr) {
		return nil, -EFAULT
	}
	switch {
	case h.Namelen < 0:
		return nil, -EINVAL
	case h.Iovlen > maxIOVec:
		return nil, -EMSGSIZE
	}
	if h.Name == 0 {
		h.Namelen = 0
	}
	return h, 0
}

// put writes one field of a header at va.
func (h *msghdr) put(mm *mm.MM, va uint64, field string, v any) bool {
	return copyToUser(mm, va+uint64(abi.Offsetof(h.word, h.Msghdr, field)), h.word, v)
}

// align is n as a control message's length is rounded (CMSG_ALIGN).
func (h *msghdr) align(n int) int { return (n + h.word - 1) &^ (h.word - 1) }

// cmsgHead is the size of struct cmsghdr.
func (h *msghdr) cmsgHead() int { return abi.Sizeof(h.word, abi.Cmsghdr{}) }

// message is what sendmsg(2) and recvmsg(2) are about: a socket and the header at va.
func (t *Thread) message(fd int, va uint64, word int) (*File, *msghdr, int64) {
	f, r := t.sock(fd)
	if r != 0 {
		return nil, nil, r
	}
	h, r := t.readHeader(va, word)
	return f, h, r
}

func sysSendmsg(k *Kernel, t *Thread, c *call) int64 {
	return k.sendmsg(t, c.fd(0), c.arg[1], c.int(2), c.word())
}

func (k *Kernel) sendmsg(t *Thread, fd int, va uint64, flags, word int) int64 {
	f, h, r := t.message(fd, va, word)
	if r != 0 {
		return r
	}
	m := &net.Message{Flags: flags, Cred: k.credentialsOf(t)}
	if h.Namelen > 0 {
		m.HasTo = true
		if m.To, r = t.readAddress(uint64(h.Name), min(int(h.Namelen), abi.SIZEOF_SOCKADDR_STORAGE)); r != 0 {
			return r
		}
	}
	list, r := t.spans(uint64(h.Iov), int(h.Iovlen), word)
	if r != 0 {
		return r
	}
	if m.Data, r = t.gather(list); r != 0 {
		return r
	}
	m.Check = func() int64 { return k.readControl(t, f.sock, h, m) }
	return k.net.Send(socketCaller{t, f}, f.sock, m)
}

func sysRecvmsg(k *Kernel, t *Thread, c *call) int64 {
	return k.recvmsg(t, c.fd(0), c.arg[1], c.int(2), c.word())
}

func (k *Kernel) recvmsg(t *Thread, fd int, va uint64, flags, word int) int64 {
	f, h, r := t.message(fd, va, word)
	if r != 0 {
		return r
	}
	list, r := t.spans(uint64(h.Iov), int(h.Iovlen), word)
	if r != 0 {
		return r
	}
	a := net.Arrival{Flags: flags & abi.MSG_CMSG_CLOEXEC}
	r = k.receiveInto(t, f, list, flags, &a)
	if r < 0 {
		k.closeRights(&a)
		return r
	}
	used := k.writeControl(t, f.sock, h, flags, &a)
	if h.Name != 0 {
		name := f.sock.SenderAddress(&a)
		if n := min(len(name), int(h.Namelen)); n > 0 && !t.proc.mm.Write(uint64(h.Name), name[:n]) {
			return -EFAULT
		}
		if !h.put(t.proc.mm, va, "Namelen", int32(len(name))) {
			return -EFAULT
		}
	}
	if !h.put(t.proc.mm, va, "Flags", uint32(a.Flags)) || !h.put(t.proc.mm, va, "Controllen", abi.ULong(used)) {
		return -EFAULT
	}
	return r
}

// Several messages by one call. Thread.messages counts those that are through while the
// thread waits for the next.

func sysSendmmsg(k *Kernel, t *Thread, c *call) int64 {
	return k.severally(t, c, func(va uint64) int64 { return k.sendmsg(t, c.fd(0), va, c.int(3), c.word()) }, false, never)
}

func sysRecvmmsg(k *Kernel, t *Thread, c *call) int64   { return k.recvmmsg(t, c, c.word()) }
func sysRecvmmsg64(k *Kernel, t *Thread, c *call) int64 { return k.recvmmsg(t, c, 8) }

func (k *Kernel) recvmmsg(t *Thread, c *call, word int) int64 {
	deadline := never
	if c.arg[4] != 0 {
		ns, r := k.readTimespec(t, c.arg[4], word)
		if r != 0 {
			return r
		}
		deadline = t.until(min(ns, uint64(1<<62/time.Nanosecond)))
	}
	flags := c.int(3)
	if f, r := t.sock(c.fd(0)); r == 0 && t.messages == 0 && t.state != stateBlocked && f.sock.Err != 0 {
		return f.sock.TakeError()
	}
	return k.severally(t, c, func(va uint64) int64 {
		use := flags &^ abi.MSG_WAITFORONE
		if flags&abi.MSG_WAITFORONE != 0 && t.messages > 0 {
			use |= abi.MSG_DONTWAIT
		}
		return k.recvmsg(t, c.fd(0), va, use, c.word())
	}, true, deadline)
}

// severally does one after another for the headers at argument 1. The time of recvmmsg
// is looked at after each message only, as on Linux.
func (k *Kernel) severally(t *Thread, c *call, one func(va uint64) int64, receives bool, deadline uint64) int64 {
	if _, r := t.sock(c.fd(0)); r != 0 {
		return r
	}
	size, sent := uint64(abi.Sizeof(c.word(), abi.Mmsghdr{})), uint64(abi.Offsetof(c.word(), abi.Mmsghdr{}, "Len"))
	most := min(int(uint32(c.arg[2])), maxIOVec)
	for t.messages < most {
		va := c.arg[1] + uint64(t.messages)*size
		r := one(va)
		if r == resultBlock {
			if t.messages > 0 {
				t.wait.interrupt = int64(t.messages)
			}
			return r
		}
		if r < 0 {
			if t.messages == 0 {
				return r
			}
			if receives && r != -EAGAIN { // told by the next call
				f, _ := t.sock(c.fd(0))
				f.sock.Err = abi.Errno(-r)
			}
			break
		}
		if !putWord(t.proc.mm, va+sent, 4, uint64(r)) {
			if t.messages == 0 {
				return -EFAULT
			}
			break
		}
		t.messages++
		t.progress = 0
		if receives && k.Now() >= deadline {
			break
		}
	}
	return int64(t.messages)
}
