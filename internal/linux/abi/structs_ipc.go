package abi

// Time64 is a time in seconds, which i386's structures have in two fields, the high half behind.
type Time64 uint64

// ModeT is a mode that i386's structures have in two bytes, with two of padding behind.
type ModeT uint32

// Ipc64Perm is struct ipc64_perm of include/uapi/asm-generic/ipcbuf.h.
type Ipc64Perm struct {
	Key, Uid, Gid, Cuid, Cgid uint32
	Mode                      ModeT
	Seq                       uint16
	_                         uint16
	_                         [2]ULong
}

// Msqid64Ds is struct msqid64_ds of include/uapi/asm-generic/msgbuf.h.
type Msqid64Ds struct {
	Perm                Ipc64Perm
	Stime, Rtime, Ctime Time64
	Cbytes              ULong `c:"msg_cbytes"`
	Qnum, Qbytes        ULong
	Lspid, Lrpid        int32
	_                   [2]ULong
}

// Semid64Ds is struct semid64_ds of arch/x86/include/uapi/asm/sembuf.h.
type Semid64Ds struct {
	Perm  Ipc64Perm
	Otime Time64
	_     ULong `word:"8"`
	Ctime Time64
	_     ULong `word:"8"`
	Nsems ULong
	_     [2]ULong
}

// Shmid64Ds is struct shmid64_ds of include/uapi/asm-generic/shmbuf.h.
type Shmid64Ds struct {
	Perm                Ipc64Perm
	Segsz               ULong
	Atime, Dtime, Ctime Time64
	Cpid, Lpid          int32
	Nattch              ULong
	_                   [2]ULong
}

// Sembuf is struct sembuf of include/uapi/linux/sem.h.
type Sembuf struct {
	Num     uint16
	Op, Flg int16
}

// Seminfo is struct seminfo of include/uapi/linux/sem.h.
type Seminfo struct{ Semmap, Semmni, Semmns, Semmnu, Semmsl, Semopm, Semume, Semusz, Semvmx, Semaem int32 }

// Msginfo is struct msginfo of include/uapi/linux/msg.h.
type Msginfo struct {
	Msgpool, Msgmap, Msgmax, Msgmnb, Msgmni, Msgssz, Msgtql int32
	Msgseg                                                  uint16
}

// Shminfo64 is struct shminfo64 of include/uapi/asm-generic/shmbuf.h.
type Shminfo64 struct {
	Shmmax, Shmmin, Shmmni, Shmseg, Shmall ULong
	_                                      [4]ULong
}

// ShmInfo is struct shm_info of include/uapi/linux/shm.h.
type ShmInfo struct {
	UsedIDs       int32 `c:"used_ids"`
	ShmTot        ULong `c:"shm_tot"`
	ShmRss        ULong `c:"shm_rss"`
	ShmSwp        ULong `c:"shm_swp"`
	SwapAttempts  ULong `c:"swap_attempts"`
	SwapSuccesses ULong `c:"swap_successes"`
}

// IpcKludge is struct ipc_kludge of include/uapi/linux/ipc.h: the last arguments of msgrcv(2) by
// i386's ipc(2).
type IpcKludge struct {
	Msgp   ULong
	Msgtyp Long
}
