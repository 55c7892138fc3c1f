package linux

import (
	"errors"
	"io/fs"
	"syscall"
)

var errNoMemory = errors.New("out of guest memory")

// Results of a system call beside values and -errno. The kernel's own codes
// for interrupted calls never reach the guest.
const (
	restartSys      = -512 // ERESTARTSYS: again if SA_RESTART or no handler, else EINTR
	restartNoHand   = -514 // ERESTARTNOHAND: again if no handler, else EINTR
	resultBlock     = -600 // the thread waits: see Thread.wait
	resultNone      = -601 // the call set the registers itself
	resultUnknown   = -602 // no such call
	maxErrno        = 4095
	errnoFault      = -int64(syscall.EFAULT)
	errnoInvalid    = -int64(syscall.EINVAL)
	errnoBadFile    = -int64(syscall.EBADF)
	errnoNoMem      = -int64(syscall.ENOMEM)
	errnoNotHere    = -int64(syscall.ENOENT)
	errnoPermission = -int64(syscall.EPERM)
	errnoAgain      = -int64(syscall.EAGAIN)
	errnoReadOnly   = -int64(syscall.EROFS)
	errnoNoProcess  = -int64(syscall.ESRCH)
)

// errnoOf is the errno that stands behind an error of package os.
func errnoOf(err error) syscall.Errno {
	var e syscall.Errno
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, fs.ErrNotExist):
		return syscall.ENOENT
	case errors.Is(err, fs.ErrPermission):
		return syscall.EACCES
	}
	return syscall.EIO
}

// fail is the result of a call that ended with err.
func fail(err error) int64 { return -int64(errnoOf(err)) }
