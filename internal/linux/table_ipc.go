package linux

var callsOfIPC = callGroup{
	subject: "Queues, semaphores, shared memory",
	both: []spec{
		{"shmget", "xux", sysShmget, partial("SHM_HUGETLB is ENOMEM")},
		{"shmat", "dxx", sysShmat, full},
		{"shmctl", "ddx", sysShmctl, full},
		{"shmdt", "x", sysShmdt, full},
		{"semget", "xdx", sysSemget, full},
		{"semctl", "dddx", sysSemctl, full},
		{"msgget", "xx", sysMsgget, full},
		{"msgsnd", "dxux", sysMsgsnd, full},
		{"msgrcv", "dxudx", sysMsgrcv, full},
		{"msgctl", "ddx", sysMsgctl, full},
		{"mq_open", "sxox", sysMqOpen, full},
		{"mq_unlink", "s", sysMqUnlink, full},
		{"mq_timedsend", "dbuux", sysMqTimedsend, full},
		{"mq_timedreceive", "dxuxx", sysMqTimedreceive, full},
		{"mq_notify", "dx", sysMqNotify, full},
		{"mq_getsetattr", "dxx", sysMqGetsetattr, full},
	},
	only64: []spec{
		{"semop", "dxu", sysSemop, full},
		{"semtimedop", "dxux", sysSemtimedop, full},
	},
	only32: []spec{
		{"mq_timedsend_time64", "dbuux", sysMqTimedsend64, full},
		{"mq_timedreceive_time64", "dxuxx", sysMqTimedreceive64, full},
		{"semtimedop_time64", "dxux", sysSemtimedop64, full},
		{"ipc", "udddxd", sysIPC, partial("as the calls that it stands for")},
	},
}
