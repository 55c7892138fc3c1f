package abi

// Msghdr is struct user_msghdr of include/linux/socket.h.
type Msghdr struct {
	Name       ULong
	Namelen    int32
	Iov        ULong
	Iovlen     ULong
	Control    ULong
	Controllen ULong
	Flags      uint32
}

// Mmsghdr is struct mmsghdr of include/linux/socket.h.
type Mmsghdr struct {
	Hdr Msghdr
	Len uint32
}

// Cmsghdr is struct cmsghdr of include/linux/socket.h, before its data.
type Cmsghdr struct {
	Len         ULong
	Level, Type int32
}

// Ucred is struct ucred of include/linux/socket.h.
type Ucred struct{ Pid, Uid, Gid uint32 }

// Linger is struct linger of include/linux/socket.h; Linger is in seconds.
type Linger struct {
	Onoff  int32
	Linger int32
}

// Be16 is a number of two bytes, the high one first, as networks have it.
type Be16 [2]byte

// Htons is n in the order of networks.
func Htons(n uint16) Be16 { return Be16{byte(n >> 8), byte(n)} }

// Ntohs is the number.
func (n Be16) Ntohs() uint16 { return uint16(n[0])<<8 | uint16(n[1]) }

// SockaddrIn is struct sockaddr_in of include/uapi/linux/in.h.
type SockaddrIn struct {
	Family uint16
	Port   Be16
	Addr   [4]byte
	_      [8]byte
}

// SockaddrIn6 is struct sockaddr_in6 of include/uapi/linux/in6.h.
type SockaddrIn6 struct {
	Family   uint16
	Port     Be16
	Flowinfo uint32
	Addr     [16]byte
	ScopeID  uint32 `c:"sin6_scope_id"`
}
