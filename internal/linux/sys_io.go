package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// transfer reads or writes one buffer of user memory.
func (k *Kernel) transfer(t *Thread, f *File, va, n uint64, pos *int64, write bool) int64 {
	b := make([]byte, min(n, maxTransfer))
	mem := t.proc.mm
	if write {
		if !mem.Read(va, b) {
			return -EFAULT
		}
		return k.write(t, f, b, pos)
	}
	if !mem.Ready(va, len(b), mm.ProtWrite) {
		return -EFAULT
	}
	r := k.read(t, f, b, pos)
	if r > 0 && !mem.Write(va, b[:r]) {
		return -EFAULT
	}
	return r
}

func sysRead(k *Kernel, t *Thread, c *call) int64 { return k.simpleIO(t, c, false) }

func sysWrite(k *Kernel, t *Thread, c *call) int64 { return k.simpleIO(t, c, true) }

func (k *Kernel) simpleIO(t *Thread, c *call, write bool) int64 {
	f := t.proc.files.get(c.fd(0))
	if f == nil {
		return -EBADF
	}
	if f.sock != nil {
		return k.socketIO(t, f, []span{{c.arg[1], c.arg[2]}}, write)
	}
	return k.transfer(t, f, c.arg[1], c.arg[2], &f.pos, write)
}

func sysReadv(k *Kernel, t *Thread, c *call) int64  { return k.vectorIO(t, c, false) }
func sysWritev(k *Kernel, t *Thread, c *call) int64 { return k.vectorIO(t, c, true) }

// vectorIO is readv and writev. Output is gathered first, so that a pipe or
// the host sees one write.
func (k *Kernel) vectorIO(t *Thread, c *call, write bool) int64 {
	f := t.proc.files.get(c.fd(0))
	if f == nil {
		return -EBADF
	}
	n, word := c.int(2), c.word()
	if n < 0 || n > maxIOVec {
		return -EINVAL
	}
	if f.sock != nil {
		list, r := t.spans(c.arg[1], n, word)
		if r != 0 {
			return r
		}
		return k.socketIO(t, f, list, write)
	}
	vec := make([]abi.Iovec, n)
	if !copyFromUser(t.proc.mm, c.arg[1], word, vec) {
		return -EFAULT
	}
	var out []byte
	total := int64(0)
	for _, v := range vec {
		base, length := uint64(v.Base), uint64(v.Len)
		if write {
			b := make([]byte, min(length, maxTransfer-uint64(len(out))))
			if !t.proc.mm.Read(base, b) {
				return -EFAULT
			}
			out = append(out, b...)
			continue
		}
		if length == 0 {
			continue
		}
		r := k.transfer(t, f, base, length, &f.pos, false)
		if r < 0 {
			if total > 0 {
				t.become(stateRunning)
				return total
			}
			return r
		}
		total += r
		if uint64(r) < length {
			return total
		}
		if f.pipe != nil && len(f.pipe.Data) == 0 || f.device == devStdin {
			return total
		}
	}
	if write {
		return k.write(t, f, out, &f.pos)
	}
	return total
}

func sysPread(k *Kernel, t *Thread, c *call) int64  { return k.pread(t, c, int64(c.arg[3]), false) }
func sysPwrite(k *Kernel, t *Thread, c *call) int64 { return k.pread(t, c, int64(c.arg[3]), true) }

func sysPread32(k *Kernel, t *Thread, c *call) int64 { return k.pread(t, c, int64(c.pair(3)), false) }

func sysPwrite32(k *Kernel, t *Thread, c *call) int64 { return k.pread(t, c, int64(c.pair(3)), true) }

func (k *Kernel) pread(t *Thread, c *call, pos int64, write bool) int64 {
	f := t.proc.files.get(c.fd(0))
	switch {
	case f == nil:
		return -EBADF
	case f.isPipe() || f.sock != nil:
		return -ESPIPE
	case pos < 0 && f.device != devMem:
		return -EINVAL
	}
	return k.transfer(t, f, c.arg[1], c.arg[2], &pos, write)
}

func sysLseek(k *Kernel, t *Thread, c *call) int64 {
	off := int64(c.arg[1])
	if c.compat {
		off = int64(int32(c.arg[1]))
	}
	f := t.proc.files.get(c.fd(0))
	if f == nil {
		return -EBADF
	}
	k.settle(f)
	return f.seek(off, c.int(2))
}

func sysLlseek(k *Kernel, t *Thread, c *call) int64 {
	f := t.proc.files.get(c.fd(0))
	if f == nil {
		return -EBADF
	}
	k.settle(f)
	r := f.seek(int64(c.arg[1]<<32|c.arg[2]), c.int(4))
	if r < 0 {
		return r
	}
	if !putWord(t.proc.mm, c.arg[3], 8, uint64(r)) {
		return -EFAULT
	}
	return 0
}
