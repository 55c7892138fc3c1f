package linux

import (
	"io/fs"
	"path"
	"syscall"
)

// fileStat is what the stat family tells, before it is laid out.
type fileStat struct {
	dev, ino, nlink, rdev, size, blksize, blocks uint64
	mode, uid, gid                               uint32
	atime, mtime, ctime                          syscall.Timespec
}

const (
	modePipe = 0o010600
	modeChar = 0o020666
	modeText = 0o100444
)

func statOf(info fs.FileInfo) fileStat {
	s := info.Sys().(*syscall.Stat_t)
	return fileStat{dev: s.Dev, ino: s.Ino, nlink: uint64(s.Nlink), rdev: s.Rdev, size: uint64(s.Size),
		blksize: uint64(s.Blksize), blocks: uint64(s.Blocks), mode: s.Mode, uid: s.Uid, gid: s.Gid,
		atime: s.Atim, mtime: s.Mtim, ctime: s.Ctim}
}

// stat describes an open file.
func (f *File) stat() (fileStat, error) {
	if f.host != nil {
		info, err := f.host.Stat()
		if err != nil {
			return fileStat{}, err
		}
		return statOf(info), nil
	}
	s := fileStat{dev: 5, ino: 3, nlink: 1, blksize: 4096, mode: modeChar, uid: userID, gid: userID}
	switch {
	case f.pipe != nil, f.device >= devStdin && f.device <= devStderr:
		s.mode = modePipe
	case f.device == devText:
		s.mode, s.size = modeText, 0
	case f.device == devNull:
		s.rdev = 0x103
	}
	return s, nil
}

// statAt describes what is at a path, or behind dirfd for an empty one.
func (k *Kernel) statAt(t *Thread, dirfd int, va uint64, flags uint64) (fileStat, int64) {
	if flags&atEmptyPath != 0 {
		if p, ok := t.proc.mm.ReadString(va, maxPath); ok && p == "" {
			return k.statFD(t, dirfd)
		}
	}
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return fileStat{}, r
	}
	if f := k.special(t, path.Clean(p)); f != nil {
		st, err := f.stat()
		f.refs = 1
		k.closeFile(f)
		if err != nil {
			return st, fail(err)
		}
		return st, 0
	}
	info, err := k.cfg.FS.lstat(p, flags&atSymlinkNoFollow == 0)
	if err != nil {
		return fileStat{}, fail(err)
	}
	return statOf(info), 0
}

func (k *Kernel) statFD(t *Thread, fd int) (fileStat, int64) {
	f := t.proc.files.get(fd)
	if f == nil {
		return fileStat{}, errnoBadFile
	}
	st, err := f.stat()
	if err != nil {
		return st, fail(err)
	}
	return st, 0
}

// layout64 is struct stat of x86-64.
func (s fileStat) layout64() []byte {
	b := make([]byte, 144)
	le.PutUint64(b, s.dev)
	le.PutUint64(b[8:], s.ino)
	le.PutUint64(b[16:], s.nlink)
	le.PutUint32(b[24:], s.mode)
	le.PutUint32(b[28:], s.uid)
	le.PutUint32(b[32:], s.gid)
	for i, v := range []uint64{s.rdev, s.size, s.blksize, s.blocks} {
		le.PutUint64(b[40+8*i:], v)
	}
	for i, ts := range []syscall.Timespec{s.atime, s.mtime, s.ctime} {
		le.PutUint64(b[72+16*i:], uint64(ts.Sec))
		le.PutUint64(b[80+16*i:], uint64(ts.Nsec))
	}
	return b
}

// layout32 is struct stat64 of i386.
func (s fileStat) layout32() []byte {
	b := make([]byte, 96)
	le.PutUint64(b, s.dev)
	le.PutUint32(b[12:], uint32(s.ino))
	le.PutUint32(b[16:], s.mode)
	le.PutUint32(b[20:], uint32(s.nlink))
	le.PutUint32(b[24:], s.uid)
	le.PutUint32(b[28:], s.gid)
	le.PutUint64(b[32:], s.rdev)
	le.PutUint64(b[44:], s.size)
	le.PutUint32(b[52:], uint32(s.blksize))
	le.PutUint64(b[56:], s.blocks)
	for i, ts := range []syscall.Timespec{s.atime, s.mtime, s.ctime} {
		le.PutUint32(b[64+8*i:], uint32(ts.Sec))
		le.PutUint32(b[68+8*i:], uint32(ts.Nsec))
	}
	le.PutUint64(b[88:], s.ino)
	return b
}

// layoutX is struct statx.
func (s fileStat) layoutX() []byte {
	const basicStats = 0x7ff
	b := make([]byte, 256)
	le.PutUint32(b, basicStats)
	le.PutUint32(b[4:], uint32(s.blksize))
	le.PutUint32(b[16:], uint32(s.nlink))
	le.PutUint32(b[20:], s.uid)
	le.PutUint32(b[24:], s.gid)
	le.PutUint16(b[28:], uint16(s.mode))
	le.PutUint64(b[32:], s.ino)
	le.PutUint64(b[40:], s.size)
	le.PutUint64(b[48:], s.blocks)
	for at, ts := range map[int]syscall.Timespec{64: s.atime, 96: s.ctime, 112: s.mtime} {
		le.PutUint64(b[at:], uint64(ts.Sec))
		le.PutUint32(b[at+8:], uint32(ts.Nsec))
	}
	for at, d := range map[int]uint64{128: s.rdev, 136: s.dev} {
		le.PutUint32(b[at:], uint32(d>>8&0xfff))
		le.PutUint32(b[at+4:], uint32(d&0xff|d>>12&0xfff00))
	}
	return b
}

func (k *Kernel) putStat(t *Thread, s fileStat, r int64, va uint64, layout func(fileStat) []byte) int64 {
	if r != 0 {
		return r
	}
	if !t.proc.mm.Write(va, layout(s)) {
		return errnoFault
	}
	return 0
}

func sysStat(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, atFDCWD, c.arg[0], 0)
	return k.putStat(t, s, r, c.arg[1], fileStat.layout64)
}

func sysLstat(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, atFDCWD, c.arg[0], atSymlinkNoFollow)
	return k.putStat(t, s, r, c.arg[1], fileStat.layout64)
}

func sysFstat(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statFD(t, c.fd(0))
	return k.putStat(t, s, r, c.arg[1], fileStat.layout64)
}

func sysFstatat(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, c.fd(0), c.arg[1], c.arg[3])
	return k.putStat(t, s, r, c.arg[2], fileStat.layout64)
}

func sysStat64(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, atFDCWD, c.arg[0], 0)
	return k.putStat(t, s, r, c.arg[1], fileStat.layout32)
}

func sysLstat64(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, atFDCWD, c.arg[0], atSymlinkNoFollow)
	return k.putStat(t, s, r, c.arg[1], fileStat.layout32)
}

func sysFstat64(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statFD(t, c.fd(0))
	return k.putStat(t, s, r, c.arg[1], fileStat.layout32)
}

func sysFstatat64(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, c.fd(0), c.arg[1], c.arg[3])
	return k.putStat(t, s, r, c.arg[2], fileStat.layout32)
}

func sysStatx(k *Kernel, t *Thread, c *call) int64 {
	s, r := k.statAt(t, c.fd(0), c.arg[1], c.arg[2])
	return k.putStat(t, s, r, c.arg[4], fileStat.layoutX)
}
