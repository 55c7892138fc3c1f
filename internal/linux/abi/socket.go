package abi

// Address families of socket(2).
const (
	AF_UNSPEC  = 0
	AF_UNIX    = 1
	AF_INET    = 2
	AF_INET6   = 10
	AF_NETLINK = 16
	NPROTO     = 46 // families have numbers below it
)

// Kinds of sockets, and flags that come with them.
const (
	SOCK_STREAM    = 1
	SOCK_DGRAM     = 2
	SOCK_RAW       = 3
	SOCK_SEQPACKET = 5
	SOCK_PACKET    = 10
	SOCK_NONBLOCK  = O_NONBLOCK
	SOCK_CLOEXEC   = O_CLOEXEC
)

// Protocols, which are levels of options too.
const (
	IPPROTO_IP     = 0
	IPPROTO_ICMP   = 1
	IPPROTO_TCP    = 6
	IPPROTO_UDP    = 17
	IPPROTO_IPV6   = 41
	IPPROTO_ICMPV6 = 58
)

// Ways of shutdown(2).
const (
	SHUT_RD   = 0
	SHUT_WR   = 1
	SHUT_RDWR = 2
)

// Flags of send(2) and recv(2).
const (
	MSG_OOB          = 0x1
	MSG_PEEK         = 0x2
	MSG_CTRUNC       = 0x8
	MSG_TRUNC        = 0x20
	MSG_DONTWAIT     = 0x40
	MSG_MORE         = 0x8000
	MSG_FASTOPEN     = 0x20000000
	MSG_EOR          = 0x80
	MSG_WAITALL      = 0x100
	MSG_ERRQUEUE     = 0x2000
	MSG_NOSIGNAL     = 0x4000
	MSG_WAITFORONE   = 0x10000
	MSG_CMSG_CLOEXEC = 0x40000000
)

// Control messages of AF_UNIX, which come with SOL_SOCKET.
const (
	SCM_RIGHTS      = 1
	SCM_CREDENTIALS = 2
)

// Options of SOL_SOCKET.
const (
	SOL_SOCKET       = 1
	SO_DEBUG         = 1
	SO_REUSEADDR     = 2
	SO_TYPE          = 3
	SO_ERROR         = 4
	SO_DONTROUTE     = 5
	SO_BROADCAST     = 6
	SO_SNDBUF        = 7
	SO_RCVBUF        = 8
	SO_KEEPALIVE     = 9
	SO_OOBINLINE     = 10
	SO_PRIORITY      = 12
	SO_LINGER        = 13
	SO_REUSEPORT     = 15
	SO_PASSCRED      = 16
	SO_PEERCRED      = 17
	SO_RCVLOWAT      = 18
	SO_SNDLOWAT      = 19
	SO_RCVTIMEO_OLD  = 20
	SO_SNDTIMEO_OLD  = 21
	SO_ACCEPTCONN    = 30
	SO_SNDBUFFORCE   = 32
	SO_RCVBUFFORCE   = 33
	SO_PROTOCOL      = 38
	SO_DOMAIN        = 39
	SO_INCOMING_CPU  = 49
	SO_RCVTIMEO_NEW  = 66
	SO_SNDTIMEO_NEW  = 67
	SIZEOF_SOCKADDR  = 16  // of sockaddr_in
	SIZEOF_SOCKADDR6 = 28  // of sockaddr_in6
	SIZEOF_SUN       = 110 // of sockaddr_un

	SIZEOF_SOCKADDR_STORAGE = 128 // of sockaddr_storage, which holds each of them
)

// Options of IPPROTO_TCP, IPPROTO_IP and IPPROTO_IPV6.
const (
	TCP_NODELAY      = 1
	TCP_MAXSEG       = 2
	TCP_CORK         = 3
	TCP_KEEPIDLE     = 4
	TCP_KEEPINTVL    = 5
	TCP_KEEPCNT      = 6
	TCP_SYNCNT       = 7
	TCP_LINGER2      = 8
	TCP_QUICKACK     = 12
	TCP_USER_TIMEOUT = 18

	IP_TOS                  = 1
	IP_TTL                  = 2
	IP_MTU_DISCOVER         = 10
	IP_BIND_ADDRESS_NO_PORT = 24

	IPV6_UNICAST_HOPS = 16
	IPV6_V6ONLY       = 26
	IPV6_TCLASS       = 67
)

// Calls of i386's socketcall(2).
const (
	SYS_SOCKET      = 1
	SYS_BIND        = 2
	SYS_CONNECT     = 3
	SYS_LISTEN      = 4
	SYS_ACCEPT      = 5
	SYS_GETSOCKNAME = 6
	SYS_GETPEERNAME = 7
	SYS_SOCKETPAIR  = 8
	SYS_SEND        = 9
	SYS_RECV        = 10
	SYS_SENDTO      = 11
	SYS_RECVFROM    = 12
	SYS_SHUTDOWN    = 13
	SYS_SETSOCKOPT  = 14
	SYS_GETSOCKOPT  = 15
	SYS_SENDMSG     = 16
	SYS_RECVMSG     = 17
	SYS_ACCEPT4     = 18
	SYS_RECVMMSG    = 19
	SYS_SENDMMSG    = 20
)

// Requests of ioctl(2) for sockets, and for every descriptor.
const (
	FIONCLEX   = 0x5450
	FIOCLEX    = 0x5451
	FIONBIO    = 0x5421
	SIOCOUTQ   = 0x5411
	FIOASYNC   = 0x5452
	FIOSETOWN  = 0x8901
	SIOCSPGRP  = 0x8902
	FIOGETOWN  = 0x8903
	SIOCGPGRP  = 0x8904
	SIOCATMARK = 0x8905
)
