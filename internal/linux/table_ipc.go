package linux

var callsOfIPC = callGroup{
	subject: "System V IPC",
	both: []spec{
		{"shmget", "xux", sysShmget, full},
		{"shmat", "dxx", sysShmat, full},
		{"shmctl", "ddx", sysShmctl, full},
		{"shmdt", "x", sysShmdt, full},
		{"semget", "xdx", sysSemget, full},
		{"semctl", "dddx", sysSemctl, full},
		{"msgget", "xx", sysMsgget, full},
		{"msgsnd", "dxux", sysMsgsnd, full},
		{"msgrcv", "dxudx", sysMsgrcv, full},
		{"msgctl", "ddx", sysMsgctl, full},
	},
	only64: []spec{
		{"semop", "dxu", sysSemop, full},
		{"semtimedop", "dxux", sysSemtimedop, full},
	},
	only32: []spec{
		{"semtimedop_time64", "dxux", sysSemtimedop64, full},
		{"ipc", "udddxd", sysIPC, full},
	},
}
