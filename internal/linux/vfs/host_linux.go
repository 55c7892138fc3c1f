package vfs

import (
	"io/fs"
	"syscall"

	"trapline/internal/linux/abi"
)

// openNonblock opens a pipe without waiting for its other end.
const openNonblock = syscall.O_NONBLOCK

// hostStat takes over what the host tells, Linux too.
func hostStat(info fs.FileInfo, _ string) abi.Kstat {
	s := info.Sys().(*syscall.Stat_t)
	at := func(t syscall.Timespec) abi.Timespec {
		return abi.Timespec{Sec: abi.Long(t.Sec), Nsec: abi.Long(t.Nsec)}
	}
	return abi.Kstat{
		Dev: uint64(s.Dev), Ino: s.Ino, Nlink: uint64(s.Nlink), Rdev: uint64(s.Rdev),
		Size: uint64(s.Size), Blksize: uint64(s.Blksize), Blocks: uint64(s.Blocks), Mode: s.Mode, Uid: s.Uid, Gid: s.Gid,
		Atime: at(s.Atim), Mtime: at(s.Mtim), Ctime: at(s.Ctim),
	}
}

// hostErrno is the host's error number, which is Linux's.
func hostErrno(e syscall.Errno) abi.Errno { return abi.Errno(e) }
