//go:build !linux

package vfs

import (
	"hash/fnv"
	"io/fs"
	"syscall"

	"trapline/internal/linux/abi"
)

// openNonblock: FS opens regular files and directories only, which do not wait.
const openNonblock = 0

// hostDevice is the device number of the host's files, as of a disk: 8:1.
const hostDevice = 8<<8 | 1

// hostStat tells of a file what every host does, as if the guest's user owned
// it. Its inode number is a hash of its name in the tree: the names of a file
// with several are files of their own.
func hostStat(info fs.FileInfo, name string) abi.Kstat {
	const block = 512 // the unit of st_blocks
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	kind := uint32(abi.S_IFREG)
	switch {
	case info.IsDir():
		kind = abi.S_IFDIR
	case info.Mode()&fs.ModeSymlink != 0:
		kind = abi.S_IFLNK
	case info.Mode()&fs.ModeNamedPipe != 0:
		kind = abi.S_IFIFO
	case info.Mode()&fs.ModeCharDevice != 0:
		kind = abi.S_IFCHR
	}
	at := abi.Timespec{Sec: abi.Long(info.ModTime().Unix()), Nsec: abi.Long(info.ModTime().Nanosecond())}
	size := uint64(info.Size())
	return abi.Kstat{
		Dev: hostDevice, Ino: h.Sum64(), Nlink: 1, Mode: kind | uint32(info.Mode().Perm()), Uid: UserID, Gid: UserID,
		Size: size, Blksize: 4096, Blocks: (size + block - 1) / block, Atime: at, Mtime: at, Ctime: at,
	}
}

// hostErrnos are the host's error numbers for what the files of a guest can
// meet.
var hostErrnos = map[syscall.Errno]abi.Errno{
	syscall.EPERM: abi.EPERM, syscall.ENOENT: abi.ENOENT, syscall.EINTR: abi.EINTR, syscall.EIO: abi.EIO,
	syscall.ENXIO: abi.ENXIO, syscall.EBADF: abi.EBADF, syscall.EAGAIN: abi.EAGAIN, syscall.ENOMEM: abi.ENOMEM,
	syscall.EACCES: abi.EACCES, syscall.EFAULT: abi.EFAULT, syscall.EBUSY: abi.EBUSY, syscall.EEXIST: abi.EEXIST,
	syscall.ENODEV: abi.ENODEV, syscall.ENOTDIR: abi.ENOTDIR, syscall.EISDIR: abi.EISDIR, syscall.EINVAL: abi.EINVAL,
	syscall.ENFILE: abi.ENFILE, syscall.EMFILE: abi.EMFILE, syscall.EFBIG: abi.EFBIG, syscall.ENOSPC: abi.ENOSPC,
	syscall.ESPIPE: abi.ESPIPE, syscall.EROFS: abi.EROFS, syscall.EPIPE: abi.EPIPE,
	syscall.ENAMETOOLONG: abi.ENAMETOOLONG, syscall.ENOSYS: abi.ENOSYS, syscall.ELOOP: abi.ELOOP,
}

// hostErrno is Linux's number for the host's, 0 if there is none.
func hostErrno(e syscall.Errno) abi.Errno { return hostErrnos[e] }
