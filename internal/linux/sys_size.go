package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

func sysFtruncate(k *Kernel, t *Thread, c *call) int64 {
	size := int64(c.arg[1])
	if c.compat {
		size = int64(int32(c.arg[1]))
	}
	return k.ftruncate(t, c, size)
}

func sysFtruncate64(k *Kernel, t *Thread, c *call) int64 { return k.ftruncate(t, c, int64(c.pair(1))) }

func (k *Kernel) ftruncate(t *Thread, c *call, size int64) int64 {
	f := t.proc.files.opened(c.fd(0))
	switch {
	case f == nil:
		return -EBADF
	case f.device == devName && f.writable():
		return 0
	case f.host == nil || f.isDir() || !f.writable():
		return -EINVAL
	}
	if _, r := t.fileRoom(size-1, 1); size > 0 && r != 0 {
		return r
	}
	n, r := k.nodeOf(f)
	if r = k.resize(n, r, size); r == 0 {
		k.happenedToFile(f, abi.IN_MODIFY)
	}
	return r
}

func sysTruncate(k *Kernel, t *Thread, c *call) int64 {
	size := int64(c.arg[1])
	if c.compat {
		size = int64(int32(c.arg[1]))
	}
	return k.truncateAt(t, c.arg[0], size)
}

func sysTruncate64(k *Kernel, t *Thread, c *call) int64 {
	return k.truncateAt(t, c.arg[0], int64(c.pair(1)))
}

func (k *Kernel) truncateAt(t *Thread, va uint64, size int64) int64 {
	n, r := k.nodeAt(t, abi.AT_FDCWD, va, true, false)
	switch {
	case r != 0:
		return r
	case n.Attr.Mode&abi.S_IFMT == abi.S_IFDIR:
		return -EISDIR
	case n.Inode == nil:
		return -EINVAL
	case !k.may(n.Attr, abi.W_OK):
		return -EACCES
	}
	if _, r := t.fileRoom(size-1, 1); size > 0 && r != 0 {
		return r
	}
	if r := k.resize(n.Node, 0, size); r != 0 {
		return r
	}
	k.happenedToFound(n, abi.IN_MODIFY)
	return 0
}

func (k *Kernel) resize(n *vfs.Node, r, size int64) int64 {
	switch {
	case r != 0:
		return r
	case size < 0 || n.Inode == nil:
		return -EINVAL
	case size > maxFile:
		return -EFBIG
	case size < n.Inode.Size && n.Sealed(abi.F_SEAL_SHRINK), size > n.Inode.Size && n.Sealed(abi.F_SEAL_GROW):
		return -EPERM
	}
	k.fs.Truncate(n, size)
	return 0
}

// sysFallocate makes a file longer, or bytes of it 0; room in it is always there.
func sysFallocate(k *Kernel, t *Thread, c *call) int64 {
	off, size := int64(c.arg[2]), int64(c.arg[3])
	if c.compat {
		off, size = int64(c.pair(2)), int64(c.pair(4))
	}
	f, mode := t.proc.files.opened(c.fd(0)), c.arg[1]&0xffffffff
	switch {
	case f == nil || f.host != nil && !f.writable():
		return -EBADF
	case f.host == nil || f.isDir():
		return -ENODEV
	case off < 0 || size <= 0:
		return -EINVAL
	case mode != 0 && mode != abi.FALLOC_FL_KEEP_SIZE && mode != abi.FALLOC_FL_KEEP_SIZE|abi.FALLOC_FL_PUNCH_HOLE:
		return -ENOTSUP
	case off > maxFile-size:
		return -EFBIG
	}
	n, r := k.nodeOf(f)
	if mode&abi.FALLOC_FL_PUNCH_HOLE != 0 {
		switch {
		case r != 0:
			return r
		case n.Sealed(abi.F_SEAL_WRITE) || n.Sealed(abi.F_SEAL_FUTURE_WRITE):
			return -EPERM
		case !k.fs.Zero(n, off, off+size):
			return -ENOSPC
		}
		k.happenedByFile(f, abi.IN_MODIFY)
		return 0
	}
	if n != nil && n.Sealed(abi.F_SEAL_GROW) && off+size > n.Inode.Size {
		return -EPERM
	}
	if r == 0 && mode == 0 && off+size > n.Inode.Size {
		k.fs.Truncate(n, off+size)
	}
	if r == 0 {
		k.happenedByFile(f, abi.IN_MODIFY)
	}
	return r
}
