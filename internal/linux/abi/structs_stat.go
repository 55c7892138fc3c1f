package abi

// Stat is struct stat of arch/x86/include/uapi/asm/stat.h, x86-64's.
type Stat struct {
	Dev, Ino, Nlink uint64
	Mode, Uid, Gid  uint32
	_               uint32
	Rdev            uint64
	Size, Blksize   int64
	Blocks          int64 // of 512 bytes
	Atime           ULong
	AtimeNsec       ULong `c:"st_atime_nsec"`
	Mtime           ULong
	MtimeNsec       ULong `c:"st_mtime_nsec"`
	Ctime           ULong
	CtimeNsec       ULong `c:"st_ctime_nsec"`
	_               [3]int64
}

// Stat64 is struct stat64 of arch/x86/include/uapi/asm/stat.h, i386's.
type Stat64 struct {
	Dev         uint64
	_           uint32
	OldIno      uint32 `c:"__st_ino"`
	Mode, Nlink uint32
	Uid, Gid    uint32
	Rdev        uint64
	_           uint32
	Size        int64
	Blksize     uint32
	Blocks      uint64 // of 512 bytes
	Atime       ULong
	AtimeNsec   ULong `c:"st_atime_nsec"`
	Mtime       ULong
	MtimeNsec   ULong `c:"st_mtime_nsec"`
	Ctime       ULong
	CtimeNsec   ULong `c:"st_ctime_nsec"`
	Ino         uint64
}

// StatxTimestamp is struct statx_timestamp of include/uapi/linux/stat.h.
type StatxTimestamp struct {
	Sec  int64
	Nsec uint32
	_    int32
}

// Statx is struct statx of include/uapi/linux/stat.h.
type Statx struct {
	Mask, Blksize              uint32
	Attributes                 uint64
	Nlink, Uid, Gid            uint32
	Mode                       uint16
	_                          uint16
	Ino, Size, Blocks          uint64
	AttributesMask             uint64 `c:"stx_attributes_mask"`
	Atime, Btime, Ctime, Mtime StatxTimestamp
	RdevMajor                  uint32 `c:"stx_rdev_major"`
	RdevMinor                  uint32 `c:"stx_rdev_minor"`
	DevMajor                   uint32 `c:"stx_dev_major"`
	DevMinor                   uint32 `c:"stx_dev_minor"`
	_                          [14]uint64
}
