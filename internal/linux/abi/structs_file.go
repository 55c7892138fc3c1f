package abi

// Flock is struct flock of include/uapi/asm-generic/fcntl.h.
type Flock struct {
	Type, Whence int16
	Start, Len   Long
	Pid          int32
}

// Flock64 is struct flock64, of i386's calls with offsets of 64 bits.
type Flock64 struct {
	Type, Whence int16
	Start, Len   int64
	Pid          int32
}

// FOwnerEx is struct f_owner_ex of include/uapi/asm-generic/fcntl.h.
type FOwnerEx struct{ Type, Pid int32 }

// Iovec is struct iovec of include/uapi/linux/uio.h.
type Iovec struct{ Base, Len ULong }

// Pollfd is struct pollfd of include/uapi/asm-generic/poll.h.
type Pollfd struct {
	Fd              int32
	Events, Revents uint16
}

// SigsetArgpack is struct sigset_argpack of fs/select.c: pselect6(2)'s last argument.
type SigsetArgpack struct{ P, Size ULong }

// EpollEvent is struct epoll_event of include/uapi/linux/eventpoll.h, packed on both architectures.
type EpollEvent struct {
	_      packed
	Events uint32
	Data   uint64
}

// InotifyEvent is struct inotify_event of include/uapi/linux/inotify.h, before the name of Len bytes.
type InotifyEvent struct {
	Wd                int32
	Mask, Cookie, Len uint32
}

// LinuxDirent64 is struct linux_dirent64 of include/linux/dirent.h. Name is where its name begins.
type LinuxDirent64 struct {
	Ino    uint64
	Off    int64
	Reclen uint16
	Type   uint8
	Name   [0]byte
}

// Statfs is struct statfs of arch/x86/include/uapi/asm/statfs.h, x86-64's.
type Statfs struct {
	Type, Bsize                         Long
	Blocks, Bfree, Bavail, Files, Ffree ULong
	Fsid                                [2]int32
	Namelen, Frsize, Flags              Long
	_                                   [4]Long
}

// Statfs64 is struct statfs64, i386's.
type Statfs64 struct {
	Type, Bsize                         uint32
	Blocks, Bfree, Bavail, Files, Ffree uint64
	Fsid                                [2]int32
	Namelen, Frsize, Flags              uint32
	_                                   [4]uint32
}

// MqAttr is struct mq_attr of include/uapi/linux/mqueue.h.
type MqAttr struct {
	Flags, Maxmsg, Msgsize, Curmsgs Long
	_                               [4]Long
}
