package linux

var callsOfTime = callGroup{
	subject: "Time",
	both: []spec{
		{"time", "x", sysTime, full},
		{"gettimeofday", "xx", sysGettimeofday, full},
		{"clock_gettime", "dx", sysClockGettime, full},
		{"clock_getres", "dx", sysClockGetres, full},
		{"nanosleep", "xx", sysNanosleep, full},
		{"clock_nanosleep", "dxxx", sysClockNanosleep, full},
		{"alarm", "u", sysAlarm, full},
		{"setitimer", "dxx", sysSetitimer, full},
		{"getitimer", "dx", sysGetitimer, full},
		{"timer_create", "dxx", sysTimerCreate, full},
		{"timer_settime", "ddxx", sysTimerSettime, full},
		{"timer_gettime", "dx", sysTimerGettime, full},
		{"timer_getoverrun", "d", sysTimerGetoverrun, full},
		{"timer_delete", "d", sysTimerDelete, full},
		{"timerfd_create", "dx", sysTimerfdCreate, full},
		{"timerfd_settime", "dxxx", sysTimerfdSettime, full},
		{"timerfd_gettime", "dx", sysTimerfdGettime, full},
	},
	only32: []spec{
		{"clock_gettime64", "dx", sysClockGettime64, full},
		{"clock_getres_time64", "dx", sysClockGetres64, full},
		{"clock_nanosleep_time64", "dxxx", sysClockNanosleep64, full},
		{"timer_settime64", "ddxx", sysTimerSettime64, full},
		{"timer_gettime64", "dx", sysTimerGettime64, full},
		{"timerfd_settime64", "dxxx", sysTimerfdSettime64, full},
		{"timerfd_gettime64", "dx", sysTimerfdGettime64, full},
	},
}
