package abi

// Flags and commands of System V IPC.
const (
	IPC_PRIVATE  = 0
	IPC_CREAT    = 0o1000
	IPC_EXCL     = 0o2000
	IPC_NOWAIT   = 0o4000
	IPC_RMID     = 0
	IPC_SET      = 1
	IPC_STAT     = 2
	SHM_RDONLY   = 0o10000
	SHM_RND      = 0o20000
	SHM_REMAP    = 0o40000
	SHM_EXEC     = 0o100000
	SHM_DEST     = 0o1000
	SHM_HUGETLB  = 0o4000
	SHM_LOCK     = 11
	SHM_UNLOCK   = 12
	SHM_LOCKED   = 0o2000
	IPC_INFO     = 3
	SHM_STAT     = 13
	SHM_INFO     = 14
	SHM_STAT_ANY = 15
	SEM_STAT     = 18
	SEM_INFO     = 19
	SEM_STAT_ANY = 20
	MSG_STAT     = 11
	MSG_INFO     = 12
	MSG_STAT_ANY = 13
	SEM_UNDO     = 0x1000
	GETPID       = 11
	GETVAL       = 12
	GETALL       = 13
	GETNCNT      = 14
	GETZCNT      = 15
	SETVAL       = 16
	SETALL       = 17
	MSG_NOERROR  = 0o10000
	MSG_EXCEPT   = 0o20000
	MSG_COPY     = 0o40000
)

// Calls of i386's ipc(2).
const (
	SEMOP      = 1
	SEMGET     = 2
	SEMCTL     = 3
	SEMTIMEDOP = 4
	MSGSND     = 11
	MSGRCV     = 12
	MSGGET     = 13
	MSGCTL     = 14
	SHMAT      = 21
	SHMDT      = 22
	SHMGET     = 23
	SHMCTL     = 24
)

// IPC_64 is the bit of a control call's command that asks i386 for the present structures.
const IPC_64 = 0x100
