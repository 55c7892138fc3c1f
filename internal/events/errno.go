package events

import "strconv"

// Errno is a Linux error number as write(2) returns it, positive. Zero is
// success. It is an error, and an [Error] unwraps to it, so that
// errors.Is(err, events.EBUSY) asks what the kernel answered.
type Errno uint16

// The numbers this package and its callers deal in. ENOTSUPP (524) is the
// kernel-internal number that escapes to user space when a uprobe is refused
// on an instruction (SEMANTICS U16).
const (
	ENOENT        Errno = 2
	EIO           Errno = 5
	E2BIG         Errno = 7
	ENOEXEC       Errno = 8
	ENOMEM        Errno = 12
	EACCES        Errno = 13
	EFAULT        Errno = 14
	EBUSY         Errno = 16
	EEXIST        Errno = 17
	ENODEV        Errno = 19
	ENOTDIR       Errno = 20
	EISDIR        Errno = 21
	EINVAL        Errno = 22
	ERANGE        Errno = 34
	ENAMETOOLONG  Errno = 36
	ENOSYS        Errno = 38
	ELOOP         Errno = 40
	EILSEQ        Errno = 84
	EOPNOTSUPP    Errno = 95
	EADDRNOTAVAIL Errno = 99
	ECANCELED     Errno = 125
	ENOTSUPP      Errno = 524
)

var errnoNames = map[Errno]string{
	ENOENT: "ENOENT", EIO: "EIO", E2BIG: "E2BIG", ENOEXEC: "ENOEXEC",
	ENOMEM: "ENOMEM", EACCES: "EACCES", EFAULT: "EFAULT", EBUSY: "EBUSY",
	EEXIST: "EEXIST", ENODEV: "ENODEV", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR",
	EINVAL: "EINVAL", ERANGE: "ERANGE", ENOSYS: "ENOSYS", ENAMETOOLONG: "ENAMETOOLONG",
	ELOOP: "ELOOP", EILSEQ: "EILSEQ", EADDRNOTAVAIL: "EADDRNOTAVAIL",
	EOPNOTSUPP: "EOPNOTSUPP", ECANCELED: "ECANCELED", ENOTSUPP: "ENOTSUPP",
}

// Name is the C name, such as "EINVAL"; a number outside the list gives
// its decimal digits.
func (e Errno) Name() string {
	if name, ok := errnoNames[e]; ok {
		return name
	}
	return strconv.Itoa(int(e))
}

// Error gives number and name: "errno 22 EINVAL".
func (e Errno) Error() string {
	return "errno " + strconv.Itoa(int(e)) + " " + e.Name()
}
