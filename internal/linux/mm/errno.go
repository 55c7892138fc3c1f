package mm

import "trapline/internal/linux/abi"

// Errnos as a call returns them, negated.
const (
	EPERM  = int64(abi.EPERM)
	EIO    = int64(abi.EIO)
	EAGAIN = int64(abi.EAGAIN)
	ENOMEM = int64(abi.ENOMEM)
	EFAULT = int64(abi.EFAULT)
	EEXIST = int64(abi.EEXIST)
	EINVAL = int64(abi.EINVAL)
)
