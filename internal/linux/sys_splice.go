package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
)

// Calls that move bytes between two descriptors inside the kernel.

// push writes as much of b as there is room for now; EAGAIN if there is none.
func (k *Kernel) push(t *Thread, out *File, b []byte, pos *int64) int64 {
	switch {
	case out.sock != nil:
		t.progress = 0
		r := k.net.Send(socketCaller{t, out}, out.sock, &net.Message{Data: b, Pages: true, Flags: abi.MSG_DONTWAIT, Cred: k.credentialsOf(t)})
		t.progress = 0
		return r
	case out.pipe != nil && out.pipe.Readers > 0:
		if b = b[:min(len(b), pipeSize-len(out.pipe.Data))]; len(b) == 0 {
			return -EAGAIN
		}
		t.progress = 0
		r := k.writePipe(t, out, b, len(b))
		t.progress = 0
		if r == resultBlock { // less than PIPE_BUF is free, and b is shorter
			t.become(stateRunning)
			return -EAGAIN
		}
		return r
	}
	return k.write(t, out, b, pos)
}

// sysSendfile copies from a file to any descriptor.
func sysSendfile(k *Kernel, t *Thread, c *call) int64 {
	out, in := t.proc.files.get(c.fd(0)), t.proc.files.get(c.fd(1))
	switch {
	case out == nil || in == nil || !in.readable() || !out.writable():
		return -EBADF
	case in.host == nil || in.isDir():
		return -EINVAL
	}
	size := 8
	if c.name() == "sendfile" {
		size = c.word()
	}
	pos := in.pos
	if c.arg[2] != 0 {
		v, ok := getWord(t.proc.mm, c.arg[2], size)
		if !ok {
			return -EFAULT
		}
		if pos = int64(v); pos < 0 {
			return -EINVAL
		}
	}
	done, r := k.sendFile(t, out, in, pos, min(c.arg[3], maxCount))
	switch {
	case done == 0 && r == -EAGAIN:
		return t.waitFor(out, false)
	case done == 0:
		return r
	case c.arg[2] == 0:
		in.pos += done
	case !putWord(t.proc.mm, c.arg[2], size, uint64(pos+done)):
		return -EFAULT
	}
	return done
}

// sendFile copies what out takes now of n bytes from pos on; what ended it is 0 or an error.
func (k *Kernel) sendFile(t *Thread, out, in *File, pos int64, n uint64) (int64, int64) {
	if out.isPipe() {
		n = min(n, pipeSize)
	}
	done := int64(0)
	for b := make([]byte, min(n, pipeSize)); uint64(done) < n; {
		at := pos + done
		r := k.read(t, in, b[:min(uint64(len(b)), n-uint64(done))], &at)
		if r <= 0 {
			return done, r
		}
		sent := k.push(t, out, b[:r], &out.pos)
		if sent <= 0 {
			return done, sent
		}
		if done += sent; sent < r {
			break
		}
	}
	return done, 0
}

// sysSplice moves bytes from or to a pipe.
func sysSplice(k *Kernel, t *Thread, c *call) int64 {
	const known = abi.SPLICE_F_MOVE | abi.SPLICE_F_NONBLOCK | abi.SPLICE_F_MORE | abi.SPLICE_F_GIFT
	in, out := t.proc.files.get(c.fd(0)), t.proc.files.get(c.fd(2))
	switch {
	case c.arg[5]&^known != 0:
		return -EINVAL
	case c.arg[4] == 0:
		return 0
	case in == nil || out == nil || !in.readable() || !out.writable():
		return -EBADF
	case in.pipe == nil && out.pipe == nil, in.pipe != nil && in.pipe == out.pipe:
		return -EINVAL
	case in.pipe != nil && c.arg[1] != 0, out.pipe != nil && c.arg[3] != 0:
		return -ESPIPE
	}
	inPos, outPos := &in.pos, &out.pos
	for _, p := range []struct {
		va uint64
		f  *File
		to **int64
	}{{c.arg[1], in, &inPos}, {c.arg[3], out, &outPos}} {
		if p.va == 0 {
			continue
		}
		v, ok := getWord(t.proc.mm, p.va, 8)
		switch {
		case !ok:
			return -EFAULT
		case p.f.host == nil:
			return -EINVAL
		}
		at := int64(v)
		*p.to = &at
	}
	r := k.spliceNow(t, in, out, int(min(c.arg[4], pipeSize)), c.arg[5]&abi.SPLICE_F_NONBLOCK != 0, inPos, outPos)
	if r <= 0 {
		return r
	}
	if c.arg[1] != 0 && !putWord(t.proc.mm, c.arg[1], 8, uint64(*inPos)) || c.arg[3] != 0 && !putWord(t.proc.mm, c.arg[3], 8, uint64(*outPos)) {
		return -EFAULT
	}
	return r
}

func (k *Kernel) spliceNow(t *Thread, in, out *File, n int, nonblock bool, inPos, outPos *int64) int64 {
	if p := in.pipe; p != nil {
		switch {
		case len(p.Data) == 0 && p.Writers == 0:
			return 0
		case len(p.Data) == 0:
			return t.waitFor(in, nonblock)
		}
		r := k.push(t, out, p.Data[:min(n, len(p.Data))], outPos)
		if r == -EAGAIN {
			return t.waitFor(out, nonblock)
		}
		if r > 0 {
			p.Data = p.Data[r:]
			p.Wakes.Out++
			k.changed()
			k.pipeChanged(p, abi.POLL_OUT)
		}
		return r
	}
	if out.pipe.Readers == 0 {
		return t.brokenPipe(0)
	}
	room := pipeSize - len(out.pipe.Data)
	if room == 0 {
		return t.waitFor(out, nonblock)
	}
	b := make([]byte, min(n, room))
	r := k.read(t, in, b, inPos)
	if r > 0 {
		k.push(t, out, b[:r], outPos)
	}
	return r
}
