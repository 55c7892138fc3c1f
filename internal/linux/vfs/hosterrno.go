package vfs

import (
	"errors"
	"io/fs"
	"syscall"

	"trapline/internal/linux/abi"
)

// ErrnoOf is the errno that stands behind an error of an FS or of package os.
func ErrnoOf(err error) abi.Errno {
	if e := HostErrnoOf(err); e != 0 {
		return e
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return abi.ENOENT
	case errors.Is(err, fs.ErrPermission):
		return abi.EACCES
	}
	return abi.EIO
}

// HostErrnoOf is the errno that err wraps, of Linux or of the host; 0: none.
func HostErrnoOf(err error) abi.Errno {
	var e abi.Errno
	var host syscall.Errno
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &host):
		return hostErrno(host)
	}
	return 0
}
