package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
	"trapline/internal/linux/vfs"
)

// Results of a system call beside values and -errno. The kernel's own codes
// for interrupted calls never reach the guest.
const (
	restartSys    = -512      // ERESTARTSYS: again if SA_RESTART or no handler, else EINTR
	restartNoIntr = -513      // ERESTARTNOINTR: again
	restartNoHand = -514      // ERESTARTNOHAND: again if no handler, else EINTR
	restartBlock  = -516      // ERESTART_RESTARTBLOCK: again with the time left if no handler, else EINTR
	resultBlock   = net.Waits // the thread waits: see Thread.wait
	resultNone    = -601      // the call set the registers itself
	resultUnknown = -602      // no such call
)

// Errnos as a call returns them, negated: return -EINVAL.
const (
	EPERM           = int64(abi.EPERM)
	ENOENT          = int64(abi.ENOENT)
	ESRCH           = int64(abi.ESRCH)
	EINTR           = int64(abi.EINTR)
	EIO             = int64(abi.EIO)
	ENXIO           = int64(abi.ENXIO)
	E2BIG           = int64(abi.E2BIG)
	ENOEXEC         = int64(abi.ENOEXEC)
	EBADF           = int64(abi.EBADF)
	ECHILD          = int64(abi.ECHILD)
	EAGAIN          = int64(abi.EAGAIN)
	ENOMEM          = int64(abi.ENOMEM)
	EACCES          = int64(abi.EACCES)
	EFAULT          = int64(abi.EFAULT)
	EBUSY           = int64(abi.EBUSY)
	EEXIST          = int64(abi.EEXIST)
	ENODEV          = int64(abi.ENODEV)
	ENOTDIR         = int64(abi.ENOTDIR)
	EISDIR          = int64(abi.EISDIR)
	EINVAL          = int64(abi.EINVAL)
	ENFILE          = int64(abi.ENFILE)
	EMFILE          = int64(abi.EMFILE)
	ENOTTY          = int64(abi.ENOTTY)
	EFBIG           = int64(abi.EFBIG)
	ENOSPC          = int64(abi.ENOSPC)
	ESPIPE          = int64(abi.ESPIPE)
	EPIPE           = int64(abi.EPIPE)
	EDOM            = int64(abi.EDOM)
	ERANGE          = int64(abi.ERANGE)
	EDEADLK         = int64(abi.EDEADLK)
	ENAMETOOLONG    = int64(abi.ENAMETOOLONG)
	ENOLCK          = int64(abi.ENOLCK)
	ENOSYS          = int64(abi.ENOSYS)
	ENOTEMPTY       = int64(abi.ENOTEMPTY)
	ELOOP           = int64(abi.ELOOP)
	ENOMSG          = int64(abi.ENOMSG)
	EIDRM           = int64(abi.EIDRM)
	EOVERFLOW       = int64(abi.EOVERFLOW)
	ENOTSOCK        = int64(abi.ENOTSOCK)
	EDESTADDRREQ    = int64(abi.EDESTADDRREQ)
	EMSGSIZE        = int64(abi.EMSGSIZE)
	EPROTOTYPE      = int64(abi.EPROTOTYPE)
	ENOPROTOOPT     = int64(abi.ENOPROTOOPT)
	EPROTONOSUPPORT = int64(abi.EPROTONOSUPPORT)
	ESOCKTNOSUPPORT = int64(abi.ESOCKTNOSUPPORT)
	ENOTSUP         = int64(abi.ENOTSUP)
	EAFNOSUPPORT    = int64(abi.EAFNOSUPPORT)
	EADDRINUSE      = int64(abi.EADDRINUSE)
	EADDRNOTAVAIL   = int64(abi.EADDRNOTAVAIL)
	ENETUNREACH     = int64(abi.ENETUNREACH)
	ECONNABORTED    = int64(abi.ECONNABORTED)
	ENOBUFS         = int64(abi.ENOBUFS)
	EISCONN         = int64(abi.EISCONN)
	ENOTCONN        = int64(abi.ENOTCONN)
	ETOOMANYREFS    = int64(abi.ETOOMANYREFS)
	ETIMEDOUT       = int64(abi.ETIMEDOUT)
	ECONNREFUSED    = int64(abi.ECONNREFUSED)
	EALREADY        = int64(abi.EALREADY)
	EINPROGRESS     = int64(abi.EINPROGRESS)
)

// fail is the result of a call that ended with err.
func fail(err error) int64 { return -int64(vfs.ErrnoOf(err)) }
