package linux

import "trapline/internal/linux/abi"

// readv(2), writev(2) and their likes.

func sysReadv(k *Kernel, t *Thread, c *call) int64  { return k.vectorIO(t, c, nil, 0, false) }
func sysWritev(k *Kernel, t *Thread, c *call) int64 { return k.vectorIO(t, c, nil, 0, true) }

func sysPreadv(k *Kernel, t *Thread, c *call) int64  { return k.vectorAt(t, c, 0, false) }
func sysPwritev(k *Kernel, t *Thread, c *call) int64 { return k.vectorAt(t, c, 0, true) }

func sysPreadv2(k *Kernel, t *Thread, c *call) int64  { return k.vector2(t, c, false) }
func sysPwritev2(k *Kernel, t *Thread, c *call) int64 { return k.vector2(t, c, true) }

// vector2 has flags, and an offset of -1 is the file's own place.
func (k *Kernel) vector2(t *Thread, c *call, write bool) int64 {
	flags := uint32(c.arg[5])
	if c.place() == -1 {
		return k.vectorIO(t, c, nil, flags, write)
	}
	return k.vectorAt(t, c, flags, write)
}

func (k *Kernel) vectorAt(t *Thread, c *call, flags uint32, write bool) int64 {
	pos := c.place()
	if pos < 0 {
		return -EINVAL
	}
	return k.vectorIO(t, c, &pos, flags, write)
}

// place is the offset in arguments 3 and 4, of which a 64-bit call uses the first.
func (c *call) place() int64 {
	if c.compat {
		return int64(c.pair(3))
	}
	return int64(c.arg[3])
}

// vectorIO moves bytes between a file and a vector of buffers, at pos or, if it is
// nil, at the file's own place.
func (k *Kernel) vectorIO(t *Thread, c *call, pos *int64, flags uint32, write bool) int64 {
	const known = abi.RWF_HIPRI | abi.RWF_DSYNC | abi.RWF_SYNC | abi.RWF_APPEND
	f := t.proc.files.opened(c.fd(0))
	switch {
	case f == nil:
		return -EBADF
	case pos != nil && (!f.placed() || write && f.device == devName):
		return -ESPIPE
	case pos == nil:
		pos = &f.pos
	}
	u, r := t.userVector(c.arg[1], c.arg[2], c.word())
	switch {
	case r != 0:
		return r
	case write && !f.writable(), !write && !f.readable():
		return -EBADF
	case u.size == 0:
		return 0
	case flags&^known != 0: // RWF_NOWAIT too, as on tmpfs of 6.1
		return -ENOTSUP
	case write && flags&abi.RWF_APPEND != 0 && f.host != nil:
		*pos = f.size()
	}
	return k.moveBytes(t, f, u, pos, write)
}
