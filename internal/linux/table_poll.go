package linux

var callsOfWaiting = callGroup{
	subject: "Waiting for files",
	both: []spec{
		{"poll", "xud", sysPoll, full},
		{"ppoll", "xuxx", sysPpoll, full},
		{"pselect6", "dxxxxx", sysPselect, full},
		{"epoll_create", "d", sysEpollCreate, full},
		{"epoll_create1", "x", sysEpollCreate1, full},
		{"epoll_ctl", "dddx", sysEpollCtl, full},
		{"epoll_wait", "dxdd", sysEpollWait, full},
		{"epoll_pwait", "dxddxu", sysEpollPwait, full},
		{"epoll_pwait2", "dxdxxu", sysEpollPwait2, full},
		{"eventfd", "u", sysEventfd, full},
		{"signalfd", "dxu", sysSignalfd, full},
		{"signalfd4", "dxux", sysSignalfd4, full},
		{"eventfd2", "ux", sysEventfd2, full},
	},
	only64: []spec{
		{"select", "dxxxx", sysSelect, full},
	},
	only32: []spec{
		{"ppoll_time64", "xuxx", sysPpoll64, full},
		{"_newselect", "dxxxx", sysSelect, full},
		{"pselect6_time64", "dxxxxx", sysPselect64, full},
	},
}
