package linux

import (
	"errors"
	"io/fs"
	"syscall"

	"trapline/internal/linux/abi"
)

var errNoMemory = errors.New("out of guest memory")

// Results of a system call beside values and -errno. The kernel's own codes
// for interrupted calls never reach the guest.
const (
	restartSys      = -512 // ERESTARTSYS: again if SA_RESTART or no handler, else EINTR
	restartNoIntr   = -513 // ERESTARTNOINTR: again
	restartNoHand   = -514 // ERESTARTNOHAND: again if no handler, else EINTR
	restartBlock    = -516 // ERESTART_RESTARTBLOCK: again with the time left if no handler, else EINTR
	resultBlock     = -600 // the thread waits: see Thread.wait
	resultNone      = -601 // the call set the registers itself
	resultUnknown   = -602 // no such call
	errnoFault      = -int64(abi.EFAULT)
	errnoInvalid    = -int64(abi.EINVAL)
	errnoBadFile    = -int64(abi.EBADF)
	errnoNoMem      = -int64(abi.ENOMEM)
	errnoNotHere    = -int64(abi.ENOENT)
	errnoPermission = -int64(abi.EPERM)
	errnoAgain      = -int64(abi.EAGAIN)
	errnoNoProcess  = -int64(abi.ESRCH)
)

// errnoOf is the errno that stands behind an error of an FS or of package os.
func errnoOf(err error) abi.Errno {
	if e := hostErrnoOf(err); e != 0 {
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

// hostErrnoOf is the errno that err wraps, of Linux or of the host; 0: none.
func hostErrnoOf(err error) abi.Errno {
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

// fail is the result of a call that ended with err.
func fail(err error) int64 { return -int64(errnoOf(err)) }
