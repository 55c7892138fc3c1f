package linux

var callsOfScheduling = callGroup{
	subject: "Scheduling and limits",
	both: []spec{
		{"sched_yield", "", sysSchedYield, full},
		{"sched_getaffinity", "dux", sysGetaffinity, full},
		{"sched_setaffinity", "dux", sysSetaffinity, full},
		{"sched_setparam", "dx", sysSchedSetparam, full},
		{"sched_getparam", "dx", sysSchedGetparam, full},
		{"sched_setscheduler", "ddx", sysSetscheduler, full},
		{"sched_getscheduler", "d", sysGetscheduler, full},
		{"sched_get_priority_max", "d", sysSchedMax, full},
		{"sched_get_priority_min", "d", sysSchedMin, full},
		{"sched_rr_get_interval", "dx", sysSchedInterval, full},
		{"getpriority", "dd", sysGetpriority, full},
		{"setpriority", "ddd", sysSetpriority, full},
		{"getcpu", "xxx", sysGetcpu, full},
		{"setrlimit", "dx", sysSetrlimit, full},
		{"prlimit64", "ddxx", sysPrlimit, full},
		{"getrusage", "dx", sysGetrusage, full},
		{"times", "x", sysTimes, full},
	},
	only64: []spec{
		{"getrlimit", "dx", sysGetrlimit, full},
	},
	only32: []spec{
		{"sched_rr_get_interval_time64", "dx", sysSchedInterval64, full},
		{"nice", "d", sysNice, full},
		{"ugetrlimit", "dx", sysGetrlimit, full},
	},
}
