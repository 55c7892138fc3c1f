package linux

import "trapline/internal/linux/mm"

// readInto reads from f, at *pos where that means something, until u is full, the
// end is met, or memory that cannot be written.
func (k *Kernel) readInto(t *Thread, f *File, u *uservec, pos *int64) int64 {
	if !f.inParts() {
		return k.readMessage(t, f, u, pos)
	}
	if u.size == 0 {
		return k.read(t, f, nil, pos)
	}
	if f.device == devName && *pos == 0 {
		f.text = f.nameText()
	}
	b := make([]byte, min(u.size, maxPart))
	done := int64(0)
	for u.size > 0 {
		n := int(min(u.size, uint64(len(b))))
		if f.sized() {
			k.settle(f)
			n = int(min(int64(n), max(0, f.size()-*pos)))
		}
		reach := u.reach(n, mm.ProtWrite)
		if reach == 0 && n > 0 {
			return orDone(done, -EFAULT)
		}
		r := k.read(t, f, b[:reach], pos)
		if r <= 0 {
			return orDone(done, r)
		}
		if !u.put(b[:r]) {
			return orDone(done, -EFAULT)
		}
		if done += r; int(r) < n {
			break
		}
	}
	return done
}

// orDone is what a call returns that met r when done bytes were moved.
func orDone(done, r int64) int64 {
	if done > 0 {
		return done
	}
	return r
}

// inParts reports whether f's bytes can be moved in parts without anybody seeing it.
func (f *File) inParts() bool {
	switch f.device {
	case devNull, devZero, devFull, devRandom, devText, devMem, devName, devQueue:
		return true
	}
	return f.host != nil && f.pipe == nil
}

// sized reports whether reading f ends at its size.
func (f *File) sized() bool {
	return f.host != nil && !f.isDir() || f.device == devText || f.device == devName
}

// readMessage reads once. A pipe's bytes stay where they are if they cannot be
// copied; an event is gone then.
func (k *Kernel) readMessage(t *Thread, f *File, u *uservec, pos *int64) int64 {
	n := int(min(u.size, maxPart))
	switch {
	case f.pipe != nil:
		n = min(n, max(1, len(f.pipe.Data)))
		if len(f.pipe.Data) > 0 && u.reach(n, mm.ProtWrite) < n {
			return -EFAULT
		}
	case f.device == devStdin && f.readable():
		if n = u.reach(n, mm.ProtWrite); n == 0 && u.size > 0 {
			return -EFAULT
		}
	}
	b := make([]byte, n)
	r := k.read(t, f, b, pos)
	if r > 0 && !u.put(b[:r]) {
		return -EFAULT
	}
	return r
}

// writeFrom writes u to f, at *pos where that means something, until memory that
// cannot be read.
func (k *Kernel) writeFrom(t *Thread, f *File, u *uservec, pos *int64) int64 {
	if !f.writable() {
		return -EBADF
	}
	switch {
	case u.size == 0 && !f.isTerminal():
		return k.write(t, f, nil, pos)
	case f.pipe != nil:
		return k.writePipeFrom(t, f, u)
	case f.isTerminal():
		return k.writeTerminal(t, f, u)
	case f.device == devNull, f.device == devZero:
		return int64(u.size)
	case f.host != nil && !f.isDir():
		room, r := k.writeRoom(t, f, int(u.size), pos)
		if r != 0 {
			return r
		}
		u.size = uint64(room)
	}
	done := int64(0)
	for u.size > 0 {
		n := int(min(u.size, maxPart))
		reach := u.reach(n, mm.ProtRead)
		if reach == 0 {
			return orDone(done, -EFAULT)
		}
		b := make([]byte, reach)
		if !u.take(b) {
			return orDone(done, -EFAULT)
		}
		r := k.write(t, f, b, pos)
		if r <= 0 {
			return orDone(done, r)
		}
		if done += r; int(r) < n {
			break
		}
	}
	return done
}

// writePipeFrom gives a pipe what it may take now. Memory that cannot be read ends
// the call at the last whole page before it (pipe_write()).
func (k *Kernel) writePipeFrom(t *Thread, f *File, u *uservec) int64 {
	const page = 4096
	total := int(u.size)
	u.advance(uint64(t.progress))
	b := make([]byte, min(u.size, pipeSize))
	if reach := u.reach(len(b), mm.ProtRead); reach < len(b) {
		b = b[:reach&^(page-1)]
		total = t.progress + len(b)
		if total == 0 && f.pipe.Readers > 0 {
			return -EFAULT
		}
	}
	if !u.take(b) {
		return t.partial(-EFAULT)
	}
	return k.writePipe(t, f, b, total)
}

func sysRead(k *Kernel, t *Thread, c *call) int64 { return k.simpleIO(t, c, false) }

func sysWrite(k *Kernel, t *Thread, c *call) int64 { return k.simpleIO(t, c, true) }

func (k *Kernel) simpleIO(t *Thread, c *call, write bool) int64 {
	f := t.proc.files.get(c.fd(0))
	if f == nil {
		return -EBADF
	}
	return k.oneBuffer(t, c, f, &f.pos, write)
}

// oneBuffer moves bytes between f and the buffer of arguments 1 and 2.
func (k *Kernel) oneBuffer(t *Thread, c *call, f *File, pos *int64, write bool) int64 {
	if write && !f.writable() || !write && !f.readable() {
		return -EBADF
	}
	u, r := t.newUservec(span{c.arg[1], c.arg[2]})
	if r != 0 {
		return r
	}
	return k.moveBytes(t, f, u, pos, write)
}

func (k *Kernel) moveBytes(t *Thread, f *File, u *uservec, pos *int64, write bool) int64 {
	switch {
	case f.sock != nil:
		return k.socketIO(t, f, u.list, write)
	case write:
		return k.writeFrom(t, f, u, pos)
	}
	return k.readInto(t, f, u, pos)
}

// placed reports whether f can be read and written at a place (FMODE_PREAD).
func (f *File) placed() bool {
	return !f.isPipe() && f.sock == nil && (f.device < devEvent || f.device == devQueue)
}

func sysPread(k *Kernel, t *Thread, c *call) int64  { return k.pread(t, c, int64(c.arg[3]), false) }
func sysPwrite(k *Kernel, t *Thread, c *call) int64 { return k.pread(t, c, int64(c.arg[3]), true) }

func sysPread32(k *Kernel, t *Thread, c *call) int64 { return k.pread(t, c, int64(c.pair(3)), false) }

func sysPwrite32(k *Kernel, t *Thread, c *call) int64 { return k.pread(t, c, int64(c.pair(3)), true) }

func (k *Kernel) pread(t *Thread, c *call, pos int64, write bool) int64 {
	f := t.proc.files.opened(c.fd(0))
	switch {
	case pos < 0:
		return -EINVAL
	case f == nil:
		return -EBADF
	case !f.placed(), write && f.device == devName: // FMODE_PWRITE is taken from it (seq_open())
		return -ESPIPE
	}
	return k.oneBuffer(t, c, f, &pos, write)
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
