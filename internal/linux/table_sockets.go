package linux

var callsOfSockets = callGroup{
	subject: "Sockets",
	both: []spec{
		{"socket", "ddd", sysSocket, partial("AF_UNIX, AF_INET and AF_INET6, of which raw sockets are EPERM and ICMP is EACCES; of AF_NETLINK NETLINK_ROUTE, which tells of the loopback interface and its addresses and of nothing else: EOPNOTSUPP")},
		{"socketpair", "dddx", sysSocketpair, full},
		{"bind", "dxd", sysBind, partial("the loopback interface is the only one: other addresses are EADDRNOTAVAIL")},
		{"connect", "dxd", sysConnect, partial("the loopback interface is the only one: other addresses are ENETUNREACH")},
		{"listen", "dd", sysListen, full},
		{"accept4", "dxxx", sysAccept4, full},
		{"getsockname", "dxx", sysGetsockname, full},
		{"getpeername", "dxx", sysGetpeername, full},
		{"getsockopt", "dddxx", sysGetsockopt, partial("options that sys_sockopt.go does not list are ENOPROTOOPT; TCP_INFO has no times or rates, as a segment takes none, and its window does not grow")},
		{"setsockopt", "dddxd", sysSetsockopt, partial("options that sys_sockopt.go does not list are ENOPROTOOPT; those about lost packets, routes and Nagle's algorithm are kept, and TCP_CORK does not hold data back")},
		{"shutdown", "dd", sysShutdown, full},
		{"sendto", "dbuxxd", sysSendto, partial("MSG_OOB, MSG_FASTOPEN and, of datagrams, MSG_MORE are EOPNOTSUPP")},
		{"recvfrom", "dxuxxx", sysRecvfrom, partial("no urgent data and no error queues")},
		{"sendmsg", "dxx", sysSendmsg, partial("MSG_OOB, MSG_FASTOPEN and, of datagrams, MSG_MORE are EOPNOTSUPP")},
		{"recvmsg", "dxx", sysRecvmsg, partial("no urgent data and no error queues")},
		{"sendmmsg", "dxux", sysSendmmsg, partial("MSG_OOB, MSG_FASTOPEN and, of datagrams, MSG_MORE are EOPNOTSUPP")},
		{"recvmmsg", "dxuxx", sysRecvmmsg, partial("no urgent data and no error queues")},
	},
	only64: []spec{
		{"accept", "dxx", sysAccept, full},
	},
	only32: []spec{
		{"recvmmsg_time64", "dxuxx", sysRecvmmsg64, partial("no urgent data and no error queues")},
		{"socketcall", "dx", sysSocketcall, partial("as the calls that it stands for")},
	},
}
