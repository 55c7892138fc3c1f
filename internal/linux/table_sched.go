package linux

var callsOfScheduling = callGroup{
	subject: "Scheduling and limits",
	both: []spec{
		{"sched_yield", "", sysSchedYield, full},
		{"sched_getaffinity", "dux", sysGetaffinity, full},
		{"sched_setaffinity", "dux", sysSetaffinity, full},
		{"sched_setparam", "dx", sysSchedSetparam, full},
		{"sched_getparam", "dx", sysSchedGetparam, full},
		{"sched_setscheduler", "ddx", sysSetscheduler, partial("SCHED_BATCH and SCHED_IDLE are as SCHED_OTHER, SCHED_DEADLINE is EINVAL")},
		{"sched_getscheduler", "d", sysGetscheduler, full},
		{"sched_get_priority_max", "d", sysSchedMax, full},
		{"sched_get_priority_min", "d", sysSchedMin, full},
		{"sched_rr_get_interval", "dx", sysSchedInterval, full},
		{"getpriority", "dd", sysGetpriority, full},
		{"setpriority", "ddd", sysSetpriority, full},
		{"ioprio_set", "ddd", sysIoprioSet, partial("it is kept and told, and there is no disk")},
		{"ioprio_get", "dd", sysIoprioGet, full},
		{"getcpu", "xxx", sysGetcpu, full},
		{"setrlimit", "dx", sysSetrlimit, partial("RLIMIT_CORE and RLIMIT_RTTIME are only kept")},
		{"prlimit64", "ddxx", sysPrlimit, partial("RLIMIT_CORE and RLIMIT_RTTIME are only kept")},
		{"getrusage", "dx", sysGetrusage, partial("it counts time, all of it user time")},
		{"times", "x", sysTimes, partial("all time is user time")},
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
