package linux

var callsOfIPC = callGroup{
	subject: "System V IPC",
	both: []spec{
		{"shmget", "xux", sysShmget, partial("SHM_HUGETLB is ENOMEM")},
		{"shmat", "dxx", sysShmat, full},
		{"shmctl", "ddx", sysShmctl, partial("the INFO and STAT commands are EINVAL, and SHM_LOCK does not show in the mode")},
		{"shmdt", "x", sysShmdt, full},
		{"semget", "xdx", sysSemget, full},
		{"semctl", "dddx", sysSemctl, partial("the INFO and STAT commands are EINVAL")},
		{"msgget", "xx", sysMsgget, full},
		{"msgsnd", "dxux", sysMsgsnd, full},
		{"msgrcv", "dxudx", sysMsgrcv, full},
		{"msgctl", "ddx", sysMsgctl, partial("the INFO and STAT commands are EINVAL")},
	},
	only64: []spec{
		{"semop", "dxu", sysSemop, full},
		{"semtimedop", "dxux", sysSemtimedop, full},
	},
	only32: []spec{
		{"semtimedop_time64", "dxux", sysSemtimedop64, full},
		{"ipc", "udddxd", sysIPC, partial("as the calls that it stands for")},
	},
}
