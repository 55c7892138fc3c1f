package net

import (
	"encoding/binary"

	"trapline/internal/linux/abi"
)

var le = binary.LittleEndian

// Errnos as a call returns them, negated.
const (
	EACCES          = int64(abi.EACCES)
	EADDRINUSE      = int64(abi.EADDRINUSE)
	EADDRNOTAVAIL   = int64(abi.EADDRNOTAVAIL)
	EAFNOSUPPORT    = int64(abi.EAFNOSUPPORT)
	EAGAIN          = int64(abi.EAGAIN)
	EALREADY        = int64(abi.EALREADY)
	ECONNABORTED    = int64(abi.ECONNABORTED)
	ECONNREFUSED    = int64(abi.ECONNREFUSED)
	EDESTADDRREQ    = int64(abi.EDESTADDRREQ)
	EFAULT          = int64(abi.EFAULT)
	EINPROGRESS     = int64(abi.EINPROGRESS)
	EINVAL          = int64(abi.EINVAL)
	EISCONN         = int64(abi.EISCONN)
	EMSGSIZE        = int64(abi.EMSGSIZE)
	ENODATA         = int64(abi.ENODATA)
	ENODEV          = int64(abi.ENODEV)
	ENOPROTOOPT     = int64(abi.ENOPROTOOPT)
	ENETUNREACH     = int64(abi.ENETUNREACH)
	ENFILE          = int64(abi.ENFILE)
	ENOBUFS         = int64(abi.ENOBUFS)
	ENOTCONN        = int64(abi.ENOTCONN)
	ENOTSUP         = int64(abi.ENOTSUP)
	EPERM           = int64(abi.EPERM)
	EPIPE           = int64(abi.EPIPE)
	EPROTONOSUPPORT = int64(abi.EPROTONOSUPPORT)
	EPROTOTYPE      = int64(abi.EPROTOTYPE)
	ESOCKTNOSUPPORT = int64(abi.ESOCKTNOSUPPORT)
	ETOOMANYREFS    = int64(abi.ETOOMANYREFS)
)
