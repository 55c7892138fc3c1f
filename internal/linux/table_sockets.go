package linux

var callsOfSockets = callGroup{
	subject: "Sockets",
	both: []spec{
		{"socket", "ddd", sysSocket, full},
		{"socketpair", "dddx", sysSocketpair, full},
		{"bind", "dxd", sysBind, full},
		{"connect", "dxd", sysConnect, full},
		{"listen", "dd", sysListen, full},
		{"accept4", "dxxx", sysAccept4, full},
		{"getsockname", "dxx", sysGetsockname, full},
		{"getpeername", "dxx", sysGetpeername, full},
		{"getsockopt", "dddxx", sysGetsockopt, full},
		{"setsockopt", "dddxd", sysSetsockopt, full},
		{"shutdown", "dd", sysShutdown, full},
		{"sendto", "dbuxxd", sysSendto, full},
		{"recvfrom", "dxuxxx", sysRecvfrom, full},
		{"sendmsg", "dxx", sysSendmsg, full},
		{"recvmsg", "dxx", sysRecvmsg, full},
		{"sendmmsg", "dxux", sysSendmmsg, full},
		{"recvmmsg", "dxuxx", sysRecvmmsg, full},
	},
	only64: []spec{
		{"accept", "dxx", sysAccept, full},
	},
	only32: []spec{
		{"recvmmsg_time64", "dxuxx", sysRecvmmsg64, full},
		{"socketcall", "dx", sysSocketcall, full},
	},
}
