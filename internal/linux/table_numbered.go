package linux

// numbered is a call with its numbers in both tables; 0: not there.
type numbered struct {
	spec
	n64, n32 int
}

func (c *numbered) number(wide bool) int {
	if wide {
		return c.n64
	}
	return c.n32
}

// numberedCalls are the calls of timers, queues, locks, and tracing.
var numberedCalls = []numbered{
	{spec{"ptrace", "xdxx", sysPtrace}, 101, 26},
	{spec{"shmget", "xux", sysShmget}, 29, 395},
	{spec{"shmat", "dxx", sysShmat}, 30, 397},
	{spec{"shmctl", "ddx", sysShmctl}, 31, 396},
	{spec{"shmdt", "x", sysShmdt}, 67, 398},
	{spec{"semget", "xdx", sysSemget}, 64, 393},
	{spec{"semop", "dxu", sysSemop}, 65, 0},
	{spec{"semctl", "dddx", sysSemctl}, 66, 394},
	{spec{"semtimedop", "dxux", sysSemtimedop}, 220, 0},
	{spec{"semtimedop_time64", "dxux", sysSemtimedop64}, 0, 420},
	{spec{"msgget", "xx", sysMsgget}, 68, 399},
	{spec{"msgsnd", "dxux", sysMsgsnd}, 69, 400},
	{spec{"msgrcv", "dxudx", sysMsgrcv}, 70, 401},
	{spec{"msgctl", "ddx", sysMsgctl}, 71, 402},
	{spec{"ipc", "udddxd", sysIPC}, 0, 117},
	{spec{"timer_create", "dxx", sysTimerCreate}, 222, 259},
	{spec{"timer_settime", "ddxx", sysTimerSettime}, 223, 260},
	{spec{"timer_settime64", "ddxx", sysTimerSettime64}, 0, 409},
	{spec{"timer_gettime", "dx", sysTimerGettime}, 224, 261},
	{spec{"timer_gettime64", "dx", sysTimerGettime64}, 0, 408},
	{spec{"timer_getoverrun", "d", sysTimerGetoverrun}, 225, 262},
	{spec{"timer_delete", "d", sysTimerDelete}, 226, 263},
	{spec{"timerfd_create", "dx", sysTimerfdCreate}, 283, 322},
	{spec{"timerfd_settime", "dxxx", sysTimerfdSettime}, 286, 325},
	{spec{"timerfd_settime64", "dxxx", sysTimerfdSettime64}, 0, 411},
	{spec{"timerfd_gettime", "dx", sysTimerfdGettime}, 287, 326},
	{spec{"timerfd_gettime64", "dx", sysTimerfdGettime64}, 0, 410},
	{spec{"sched_setparam", "dx", sysSchedSetparam}, 142, 154},
	{spec{"sched_getparam", "dx", sysSchedGetparam}, 143, 155},
	{spec{"sched_setscheduler", "ddx", sysSetscheduler}, 144, 156},
	{spec{"sched_getscheduler", "d", sysGetscheduler}, 145, 157},
	{spec{"sched_get_priority_max", "d", sysSchedMax}, 146, 159},
	{spec{"sched_get_priority_min", "d", sysSchedMin}, 147, 160},
	{spec{"sched_rr_get_interval", "dx", sysSchedInterval}, 148, 161},
	{spec{"sched_rr_get_interval_time64", "dx", sysSchedInterval64}, 0, 423},
	{spec{"setpriority", "ddd", sysSetpriority}, 141, 97},
	{spec{"nice", "d", sysNice}, 0, 34},
	{spec{"futex_waitv", "xuxxd", sysFutexWaitv}, 449, 449},
}
