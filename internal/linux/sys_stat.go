package linux

import (
	"path"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// pipeDevice is the device number of pipes: 0:Dh.
const pipeDevice = 0xd

// socketDevice is the device number of sockets: 0:8.
const socketDevice = 8

// anonymousDevice is the device number of what has a descriptor and no other name: 0:Eh.
const anonymousDevice = 0xe

const (
	modeAnonymous = 0o600
	modePipe      = abi.S_IFIFO | 0o600
	modeChar      = abi.S_IFCHR | 0o666
)

// statOpen describes an open file.
func (k *Kernel) statOpen(f *File) (abi.Kstat, error) {
	if f.host != nil {
		info, err := f.host.Stat()
		if err != nil {
			return abi.Kstat{}, err
		}
		return vfs.StatOf(info), nil
	}
	if (f.device == devPts || f.device == devSlave) && f.path != ownTerminal {
		return slaveStat(f.pty), nil
	}
	s := abi.Kstat{Nlink: 1, Blksize: fsBlock, Uid: vfs.UserID, Gid: vfs.UserID}
	switch {
	case f.fifo != nil:
		s = f.fifo.Stat()
	case f.queue != nil:
		s = f.queue.st
	case f.sock != nil:
		s.Mode, s.Dev, s.Ino = abi.S_IFSOCK|0o777, socketDevice, f.sock.Ino
	case f.pipe != nil:
		s.Mode, s.Dev, s.Ino = modePipe, pipeDevice, f.pipe.Ino
	case f.device >= devEvent: // one inode of no kind, of root's, is all of theirs (anon_inode_create())
		s.Mode, s.Dev, s.Uid, s.Gid = modeAnonymous, anonymousDevice, 0, 0
	case f.isPipe():
		s.Mode, s.Dev, s.Ino = modePipe, pipeDevice, uint64(f.device)+1
	default:
		return k.statSpecial(f), nil
	}
	return s, nil
}

// statAt describes what is at a path, or behind dirfd for an empty one.
func (k *Kernel) statAt(t *Thread, dirfd int, va uint64, flags uint64) (abi.Kstat, int64) {
	if flags&abi.AT_EMPTY_PATH != 0 {
		if p, ok := t.proc.mm.ReadString(va, maxPath); ok && p == "" {
			return k.statFD(t, dirfd)
		}
	}
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return abi.Kstat{}, r
	}
	s, r := k.statPath(t, p, flags&abi.AT_SYMLINK_NOFOLLOW == 0)
	if r == -ENOENT {
		k.noFile(p)
	}
	return s, r
}

// statPath describes what is at an absolute path.
func (k *Kernel) statPath(t *Thread, p string, follow bool) (abi.Kstat, int64) {
	link, r := k.procLinkAt(t, path.Clean(p))
	switch {
	case r != 0:
		return abi.Kstat{}, r
	case link == nil:
	case !follow && !asksForDir(p):
		return k.statLink(path.Clean(p), link), 0
	case link.file != nil:
		return k.statFile(link.file)
	default:
		p = link.target
	}
	if f, r := k.specialAt(t, p); r != 0 {
		return abi.Kstat{}, r
	} else if f != nil {
		st, err := k.statOpen(f)
		f.refs = 1
		k.closeFile(f)
		if err != nil {
			return st, fail(err)
		}
		return st, 0
	}
	info, err := k.fs.Lstat(p, follow)
	if err != nil {
		return abi.Kstat{}, fail(err)
	}
	return vfs.StatOf(info), 0
}

func (k *Kernel) statFD(t *Thread, fd int) (abi.Kstat, int64) {
	f := t.proc.files.get(fd)
	if f == nil {
		return abi.Kstat{}, -EBADF
	}
	return k.statFile(f)
}

func (k *Kernel) statFile(f *File) (abi.Kstat, int64) {
	k.settle(f)
	st, err := k.statOpen(f)
	if err != nil {
		return st, fail(err)
	}
	return st, 0
}

func (k *Kernel) putStat(t *Thread, s abi.Kstat, r int64, va uint64, layout func(*abi.Kstat) []byte) int64 {
	if r != 0 {
		return r
	}
	if !t.proc.mm.Write(va, layout(&s)) {
		return -EFAULT
	}
	return 0
}

func sysStat(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, abi.AT_FDCWD, c.arg[0], 0)
	return k.putStat(t, s, r, c.arg[1], (*abi.Kstat).Stat)
}

func sysLstat(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, abi.AT_FDCWD, c.arg[0], abi.AT_SYMLINK_NOFOLLOW)
	return k.putStat(t, s, r, c.arg[1], (*abi.Kstat).Stat)
}

func sysFstat(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statFD(t, c.fd(0))
	return k.putStat(t, s, r, c.arg[1], (*abi.Kstat).Stat)
}

func sysFstatat(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.fstatAt(t, c)
	return k.putStat(t, s, r, c.arg[2], (*abi.Kstat).Stat)
}

func sysStat64(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, abi.AT_FDCWD, c.arg[0], 0)
	return k.putStat(t, s, r, c.arg[1], (*abi.Kstat).Stat64)
}

func sysLstat64(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, abi.AT_FDCWD, c.arg[0], abi.AT_SYMLINK_NOFOLLOW)
	return k.putStat(t, s, r, c.arg[1], (*abi.Kstat).Stat64)
}

func sysFstat64(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statFD(t, c.fd(0))
	return k.putStat(t, s, r, c.arg[1], (*abi.Kstat).Stat64)
}

func sysFstatat64(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.fstatAt(t, c)
	return k.putStat(t, s, r, c.arg[2], (*abi.Kstat).Stat64)
}

// fstatAt is fstatat's: a directory, a path, the buffer, and flags.
func (k *Kernel) fstatAt(t *Thread, c *call) (abi.Kstat, int64) {
	if c.arg[3]&0xffffffff&^(abi.AT_SYMLINK_NOFOLLOW|abi.AT_NO_AUTOMOUNT|abi.AT_EMPTY_PATH) != 0 {
		return abi.Kstat{}, -EINVAL
	}
	return k.statAt(t, c.fd(0), c.arg[1], c.arg[3])
}

func sysStatx(k *Kernel, t *Thread, c *call) int64 {
	flags := c.arg[2] & 0xffffffff
	if flags&^(abi.AT_SYMLINK_NOFOLLOW|abi.AT_NO_AUTOMOUNT|abi.AT_EMPTY_PATH|abi.AT_STATX_SYNC_TYPE) != 0 ||
		flags&abi.AT_STATX_SYNC_TYPE == abi.AT_STATX_SYNC_TYPE || c.arg[3]&abi.STATX__RESERVED != 0 {
		return -EINVAL
	}
	s, r := k.statAt(t, c.fd(0), c.arg[1], c.arg[2])
	return k.putStat(t, s, r, c.arg[4], (*abi.Kstat).Statx)
}
