package abi

// STATX_BASIC_STATS is the mask of the fields that statx(2) gives.
const STATX_BASIC_STATS = 0x7ff

// STATX__RESERVED is the bit of a mask that is refused.
const STATX__RESERVED = 0x80000000

// Kstat is what the stat family tells of a file, before it is laid out: struct kstat of
// include/linux/stat.h.
type Kstat struct {
	Dev, Ino, Nlink, Rdev uint64 // device numbers as struct stat of x86-64 has them
	Size, Blksize, Blocks uint64 // bytes; Blocks in units of 512
	Mode, Uid, Gid        uint32
	Atime, Mtime, Ctime   Timespec
}

// Stat is struct stat of x86-64 (cp_new_stat()).
func (s *Kstat) Stat() []byte {
	return Marshal(8, Stat{
		Dev: s.Dev, Ino: s.Ino, Nlink: s.Nlink, Mode: s.Mode, Uid: s.Uid, Gid: s.Gid, Rdev: s.Rdev,
		Size: int64(s.Size), Blksize: int64(s.Blksize), Blocks: int64(s.Blocks),
		Atime: ULong(s.Atime.Sec), AtimeNsec: ULong(s.Atime.Nsec), Mtime: ULong(s.Mtime.Sec), MtimeNsec: ULong(s.Mtime.Nsec),
		Ctime: ULong(s.Ctime.Sec), CtimeNsec: ULong(s.Ctime.Nsec),
	})
}

// Stat64 is struct stat64 of i386 (cp_new_stat64()).
func (s *Kstat) Stat64() []byte {
	return Marshal(4, Stat64{
		Dev: s.Dev, OldIno: uint32(s.Ino), Mode: s.Mode, Nlink: uint32(s.Nlink), Uid: s.Uid, Gid: s.Gid, Rdev: s.Rdev,
		Size: int64(s.Size), Blksize: uint32(s.Blksize), Blocks: s.Blocks,
		Atime: ULong(s.Atime.Sec), AtimeNsec: ULong(s.Atime.Nsec), Mtime: ULong(s.Mtime.Sec), MtimeNsec: ULong(s.Mtime.Nsec),
		Ctime: ULong(s.Ctime.Sec), CtimeNsec: ULong(s.Ctime.Nsec), Ino: s.Ino,
	})
}

// Statx is struct statx of both architectures (cp_statx()).
func (s *Kstat) Statx() []byte {
	at := func(t Timespec) StatxTimestamp { return StatxTimestamp{Sec: int64(t.Sec), Nsec: uint32(t.Nsec)} }
	major := func(dev uint64) uint32 { return uint32(dev >> 8 & 0xfff) }
	minor := func(dev uint64) uint32 { return uint32(dev&0xff | dev>>12&0xfff00) }
	return Marshal(8, Statx{
		Mask: STATX_BASIC_STATS, Blksize: uint32(s.Blksize), Nlink: uint32(s.Nlink), Uid: s.Uid, Gid: s.Gid, Mode: uint16(s.Mode),
		Ino: s.Ino, Size: s.Size, Blocks: s.Blocks, Atime: at(s.Atime), Ctime: at(s.Ctime), Mtime: at(s.Mtime),
		RdevMajor: major(s.Rdev), RdevMinor: minor(s.Rdev), DevMajor: major(s.Dev), DevMinor: minor(s.Dev),
	})
}
