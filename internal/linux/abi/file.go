package abi

// Flags of open(2) and of what makes descriptors.
const (
	O_RDONLY    = 0
	O_WRONLY    = 0o1
	O_RDWR      = 0o2
	O_ACCMODE   = 0o3
	O_CREAT     = 0o100
	O_EXCL      = 0o200
	O_NOCTTY    = 0o400
	O_TRUNC     = 0o1000
	O_APPEND    = 0o2000
	O_NONBLOCK  = 0o4000
	O_DSYNC     = 0o10000
	O_ASYNC     = 0o20000
	O_DIRECT    = 0o40000
	O_LARGEFILE = 0o100000 // the kernel's; the C library's is 0 on x86-64
	O_DIRECTORY = 0o200000
	O_NOFOLLOW  = 0o400000
	O_NOATIME   = 0o1000000
	O_CLOEXEC   = 0o2000000
	O_SYNC      = 0o4010000
	O_PATH      = 0o10000000
	O_TMPFILE   = 0o20200000
)

// Places of a path in a *at call, and their flags.
const (
	AT_FDCWD            = -100
	AT_SYMLINK_NOFOLLOW = 0x100
	AT_REMOVEDIR        = 0x200
	AT_EACCESS          = 0x200 // of faccessat2(2)
	AT_SYMLINK_FOLLOW   = 0x400
	AT_NO_AUTOMOUNT     = 0x800
	AT_EMPTY_PATH       = 0x1000
	AT_STATX_SYNC_TYPE  = 0x6000
)

// Flags of renameat2(2) and of fallocate(2).
const (
	RENAME_NOREPLACE     = 1
	FALLOC_FL_KEEP_SIZE  = 1
	FALLOC_FL_PUNCH_HOLE = 2
)

// Flags of preadv2(2) and pwritev2(2).
const (
	RWF_HIPRI  = 0x1
	RWF_DSYNC  = 0x2
	RWF_SYNC   = 0x4
	RWF_APPEND = 0x10
)

// Of utimensat(2), instead of nanoseconds: now, and as before.
const (
	UTIME_NOW  = 1<<30 - 1
	UTIME_OMIT = 1<<30 - 2
)

// Modes of access(2).
const (
	X_OK = 1
	W_OK = 2
	R_OK = 4
)

// Operations of fcntl(2) and flags of dup3(2) and close_range(2).
const (
	F_DUPFD             = 0
	F_GETFD             = 1
	F_SETFD             = 2
	F_GETFL             = 3
	F_SETFL             = 4
	F_GETLK             = 5
	F_SETLK             = 6
	F_SETLKW            = 7
	F_GETLK64           = 12 // of i386
	F_SETLK64           = 13
	F_SETLKW64          = 14
	F_SETOWN            = 8
	F_GETOWN            = 9
	F_SETSIG            = 10
	F_GETSIG            = 11
	F_SETOWN_EX         = 15
	F_GETOWN_EX         = 16
	F_OFD_GETLK         = 36
	F_OFD_SETLK         = 37
	F_OFD_SETLKW        = 38
	F_DUPFD_CLOEXEC     = 1030
	FD_CLOEXEC          = 1
	CLOSE_RANGE_UNSHARE = 2
	CLOSE_RANGE_CLOEXEC = 4
)

// Whose number an owner's is in struct f_owner_ex.
const (
	F_OWNER_TID  = 0
	F_OWNER_PID  = 1
	F_OWNER_PGRP = 2
)

// Kinds of a lock in struct flock, operations of flock(2), and where an offset counts from.
const (
	F_RDLCK = 0
	F_WRLCK = 1
	F_UNLCK = 2

	LOCK_SH = 1
	LOCK_EX = 2
	LOCK_NB = 4
	LOCK_UN = 8

	SEEK_SET  = 0
	SEEK_CUR  = 1
	SEEK_END  = 2
	SEEK_DATA = 3
	SEEK_HOLE = 4
)

// Flags of splice(2).
const (
	SPLICE_F_MOVE     = 1
	SPLICE_F_NONBLOCK = 2
	SPLICE_F_MORE     = 4
	SPLICE_F_GIFT     = 8
)

// Types of file systems, f_type of statfs(2).
const (
	TMPFS_MAGIC      = 0x01021994
	PROC_SUPER_MAGIC = 0x9fa0
	SYSFS_MAGIC      = 0x62656572
)

// Requests of ioctl(2).
const FIONREAD = 0x541b

// Advice of posix_fadvise(2), from 0 on.
const (
	POSIX_FADV_NORMAL  = 0
	POSIX_FADV_NOREUSE = 5
)

// File types in st_mode.
const (
	S_IFMT   = 0o170000
	S_IFIFO  = 0o010000
	S_IFCHR  = 0o020000
	S_IFDIR  = 0o040000
	S_IFREG  = 0o100000
	S_IFLNK  = 0o120000
	S_IFSOCK = 0o140000
	S_ISVTX  = 0o1000 // the sticky bit
)

// File types in d_type.
const (
	DT_UNKNOWN = 0
	DT_FIFO    = 1
	DT_CHR     = 2
	DT_DIR     = 4
	DT_REG     = 8
	DT_LNK     = 10
	DT_SOCK    = 12
)

// Flags of eventfd(2).
const EFD_SEMAPHORE = 1

// Events of poll(2).
const (
	POLLIN     = 0x001
	POLLPRI    = 0x002
	POLLOUT    = 0x004
	POLLERR    = 0x008
	POLLHUP    = 0x010
	POLLNVAL   = 0x020
	POLLRDNORM = 0x040
	POLLRDBAND = 0x080
	POLLWRNORM = 0x100
	POLLWRBAND = 0x200
	POLLMSG    = 0x400
	POLLRDHUP  = 0x2000
)

// Operations and flags of epoll(7).
const (
	EPOLL_CTL_ADD = 1
	EPOLL_CTL_DEL = 2
	EPOLL_CTL_MOD = 3
	EPOLLONESHOT  = 1 << 30
	EPOLLET       = 1 << 31
)
