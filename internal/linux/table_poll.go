package linux

var callsOfWaiting = callGroup{
	subject: "Waiting for files",
	both: []spec{
		{"poll", "xud", sysPoll, full},
		{"ppoll", "xuxx", sysPpoll, partial("time that is left is not told when a signal interrupts")},
		{"pselect6", "dxxxxx", sysPselect, partial("time that is left is not told when a signal interrupts")},
		{"epoll_create", "d", sysEpollCreate, full},
		{"epoll_create1", "x", sysEpollCreate1, full},
		{"epoll_ctl", "dddx", sysEpollCtl, partial("EPOLLEXCLUSIVE wakes every waiter")},
		{"epoll_wait", "dxdd", sysEpollWait, full},
		{"epoll_pwait", "dxddxu", sysEpollPwait, full},
		{"epoll_pwait2", "dxdxxu", sysEpollPwait2, full},
		{"eventfd", "u", sysEventfd, full},
		{"inotify_init", "", sysInotifyInit, full},
		{"inotify_init1", "x", sysInotifyInit1, full},
		{"inotify_add_watch", "dsx", sysInotifyAddWatch, partial("what the kernel does with files by itself, as for execve, is not told")},
		{"inotify_rm_watch", "dd", sysInotifyRmWatch, full},
		{"signalfd", "dxu", sysSignalfd, full},
		{"signalfd4", "dxux", sysSignalfd4, full},
		{"eventfd2", "ux", sysEventfd2, full},
	},
	only64: []spec{
		{"select", "dxxxx", sysSelect, partial("time that is left is not told when a signal interrupts")},
	},
	only32: []spec{
		{"ppoll_time64", "xuxx", sysPpoll64, partial("time that is left is not told when a signal interrupts")},
		{"_newselect", "dxxxx", sysSelect, partial("time that is left is not told when a signal interrupts")},
		{"pselect6_time64", "dxxxxx", sysPselect64, partial("time that is left is not told when a signal interrupts")},
	},
}
