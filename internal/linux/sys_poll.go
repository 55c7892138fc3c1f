package linux

import (
	"time"

	"trapline/internal/linux/abi"
)

// poll says which events hold for f now, when t asks.
func (f *File) poll(t *Thread) uint16 {
	var r uint16
	if f.device >= devEvent {
		return f.pollEvent(t)
	}
	if f.isTerminal() {
		return f.pollTerminal()
	}
	if f.sock != nil {
		return f.sock.Poll()
	}
	if f.pipe == nil {
		if f.readable() {
			r |= abi.POLLIN
		}
		if f.writable() {
			r |= abi.POLLOUT
		}
		return r
	}
	p := f.pipe
	if f.readable() {
		if len(p.Data) > 0 {
			r |= abi.POLLIN
		}
		if p.Writers == 0 && (f.fifo == nil || p.Seen[1] != f.count) {
			r |= abi.POLLHUP
		}
	}
	if f.writable() {
		if p.Readers == 0 {
			r |= abi.POLLERR
		}
		if len(p.Data) < pipeSize {
			r |= abi.POLLOUT
		}
	}
	return r
}

// waitUntil blocks until a deadline; timeout is -1 for none.
func (t *Thread) waitUntil(timeout int64) int64 {
	if timeout < 0 {
		return t.block(restartNoHand, never)
	}
	deadline := t.until(uint64(timeout))
	if t.deadlinePassed() {
		return 0
	}
	return t.block(restartNoHand, deadline)
}

func sysPoll(k *Kernel, t *Thread, c *call) int64 {
	timeout := int64(c.int(2))
	if timeout > 0 {
		timeout *= int64(time.Millisecond)
	}
	return k.poll(t, c, timeout)
}

func sysPpoll(k *Kernel, t *Thread, c *call) int64   { return k.ppoll(t, c, c.word()) }
func sysPpoll64(k *Kernel, t *Thread, c *call) int64 { return k.ppoll(t, c, 8) }

func (k *Kernel) ppoll(t *Thread, c *call, word int) int64 {
	timeout, r := k.timeoutArg(t, c.arg[2], word)
	if r != 0 {
		return r
	}
	if r := t.maskArg(c.arg[3]); r != 0 {
		return r
	}
	return k.tellLeft(t, c.arg[2], timeout, false, word, k.poll(t, c, timeout))
}

// tellLeft writes what is left of a timeout, as a struct timespec or timeval, when a call ends
// with r (poll_select_finish()). That it cannot be written is no error.
func (k *Kernel) tellLeft(t *Thread, va uint64, timeout int64, timeval bool, word int, r int64) int64 {
	if r < 0 || timeout <= 0 {
		return r
	}
	left := uint64(timeout)
	if t.expiry != 0 {
		k.readsClock()
		left = t.expiry - min(t.expiry, k.Now())
	}
	if timeval {
		copyToUser(t.proc.mm, va, word, timevalOf(left))
	} else {
		copyToUser(t.proc.mm, va, word, timespecOf(left))
	}
	return r
}

// timeoutArg reads the timespec at va, in nanoseconds; -1: there is none.
func (k *Kernel) timeoutArg(t *Thread, va uint64, word int) (timeout, r int64) {
	if va == 0 {
		return -1, 0
	}
	ns, r := k.readTimespec(t, va, word)
	return int64(ns), r
}

// maskArg uses the signal mask at va, if there is one, for this call.
func (t *Thread) maskArg(va uint64) int64 {
	if va == 0 {
		return 0
	}
	set, ok := getWord(t.proc.mm, va, 8)
	if !ok {
		return -EFAULT
	}
	t.useMask(sigset(set))
	return 0
}

func (k *Kernel) poll(t *Thread, c *call, timeout int64) int64 {
	n := c.arg[1] & 0xffffffff
	if n > uint64(t.proc.files.max) {
		return -EINVAL
	}
	fds := make([]abi.Pollfd, n)
	if !copyFromUser(t.proc.mm, c.arg[0], c.word(), fds) {
		return -EFAULT
	}
	ready := int64(0)
	for i := range fds {
		p := &fds[i]
		p.Revents = 0
		if p.Fd >= 0 {
			if f := t.proc.files.get(int(p.Fd)); f == nil {
				p.Revents = abi.POLLNVAL
			} else {
				p.Revents = f.poll(t) & (p.Events | abi.POLLERR | abi.POLLHUP)
			}
		}
		if p.Revents != 0 {
			ready++
		}
	}
	if ready == 0 && timeout != 0 {
		if r := t.waitUntil(timeout); r != 0 {
			return r
		}
	}
	if !copyToUser(t.proc.mm, c.arg[0], c.word(), fds) {
		return -EFAULT
	}
	return ready
}

func sysSelect(k *Kernel, t *Thread, c *call) int64 {
	timeout := int64(-1)
	if c.arg[4] != 0 {
		var tv abi.Timeval
		if !copyFromUser(t.proc.mm, c.arg[4], c.word(), &tv) {
			return -EFAULT
		}
		ns, r := nanosecondsOf(abi.Timespec{Sec: tv.Sec + tv.Usec/1e6, Nsec: tv.Usec % 1e6 * 1e3}) // kern_select()
		if r != 0 {
			return r
		}
		timeout = int64(ns)
	}
	return k.tellLeft(t, c.arg[4], timeout, true, c.word(), k.selectFDs(t, c, timeout))
}

func sysPselect(k *Kernel, t *Thread, c *call) int64   { return k.pselect(t, c, c.word()) }
func sysPselect64(k *Kernel, t *Thread, c *call) int64 { return k.pselect(t, c, 8) }

func (k *Kernel) pselect(t *Thread, c *call, word int) int64 {
	timeout, r := k.timeoutArg(t, c.arg[4], word)
	if r != 0 {
		return r
	}
	if c.arg[5] != 0 {
		var set abi.SigsetArgpack
		if !copyFromUser(t.proc.mm, c.arg[5], c.word(), &set) {
			return -EFAULT
		}
		if r := t.maskArg(uint64(set.P)); r != 0 {
			return r
		}
	}
	return k.tellLeft(t, c.arg[4], timeout, false, word, k.selectFDs(t, c, timeout))
}

// selectFDs is select(2): three bit sets, for reading, writing and exceptions.
func (k *Kernel) selectFDs(t *Thread, c *call, timeout int64) int64 {
	n := c.int(0)
	if n < 0 || n > t.proc.files.max {
		return -EINVAL
	}
	word := 8 * c.word()
	size := (n + word - 1) / word * c.word()
	var out [3][]byte
	ready := int64(0)
	for i, events := range [3]uint16{abi.POLLIN | abi.POLLHUP | abi.POLLERR, abi.POLLOUT | abi.POLLERR, 0} {
		if c.arg[1+i] == 0 {
			continue
		}
		in := make([]byte, size)
		out[i] = make([]byte, size)
		if !t.proc.mm.Read(c.arg[1+i], in) {
			return -EFAULT
		}
		for fd := range n {
			if in[fd/8]>>(fd%8)&1 == 0 {
				continue
			}
			f := t.proc.files.get(fd)
			if f == nil {
				return -EBADF
			}
			if f.poll(t)&events != 0 {
				out[i][fd/8] |= 1 << (fd % 8)
				ready++
			}
		}
	}
	if ready == 0 && timeout != 0 {
		if r := t.waitUntil(timeout); r != 0 {
			return r
		}
	}
	for i, b := range out {
		if b != nil && !t.proc.mm.Write(c.arg[1+i], b) {
			return -EFAULT
		}
	}
	return ready
}
