package abi

// Rlimit is struct rlimit of include/uapi/linux/resource.h, and with words of 8 bytes struct
// rlimit64 of both architectures.
type Rlimit struct{ Cur, Max ULong }

// Rusage is struct rusage of include/uapi/linux/resource.h.
type Rusage struct {
	Utime, Stime                                                                                                  Timeval
	Maxrss, Ixrss, Idrss, Isrss, Minflt, Majflt, Nswap, Inblock, Oublock, Msgsnd, Msgrcv, Nsignals, Nvcsw, Nivcsw Long
}

// Sysinfo is struct sysinfo of include/uapi/linux/sysinfo.h. Memory counts in units of MemUnit bytes.
type Sysinfo struct {
	Uptime                                                       Long // seconds
	Loads                                                        [3]ULong
	Totalram, Freeram, Sharedram, Bufferram, Totalswap, Freeswap ULong
	Procs                                                        uint16
	_                                                            uint16
	Totalhigh, Freehigh                                          ULong
	MemUnit                                                      uint32  `c:"mem_unit"`
	_                                                            [8]byte `word:"4"`
}

// NewUtsname is struct new_utsname of include/uapi/linux/utsname.h: strings with a 0 behind each.
type NewUtsname struct{ Sysname, Nodename, Release, Version, Machine, Domainname [65]byte }

// SchedParam is struct sched_param of include/uapi/linux/sched/types.h.
type SchedParam struct{ Priority int32 }

// CloneArgs is struct clone_args of include/uapi/linux/sched.h, as of version 2.
type CloneArgs struct {
	Flags      uint64
	Pidfd      uint64
	ChildTid   uint64 `c:"child_tid"`
	ParentTid  uint64 `c:"parent_tid"`
	ExitSignal uint64 `c:"exit_signal"`
	Stack      uint64
	StackSize  uint64 `c:"stack_size"`
	Tls        uint64
	SetTid     uint64 `c:"set_tid"`
	SetTidSize uint64 `c:"set_tid_size"`
	Cgroup     uint64
}

// FutexWaitv is struct futex_waitv of include/uapi/linux/futex.h.
type FutexWaitv struct {
	Val, Uaddr uint64
	Flags      uint32
	Reserved   uint32 `c:"__reserved"`
}

// RobustListHead is struct robust_list_head of include/uapi/linux/futex.h.
type RobustListHead struct {
	List          ULong // the first entry; bit 0 says that it is a PI futex
	FutexOffset   Long  `c:"futex_offset"` // from an entry to its futex
	ListOpPending ULong `c:"list_op_pending"`
}

// UserDesc is struct user_desc of arch/x86/include/uapi/asm/ldt.h. Its last word is of
// single bits: see UserDescSeg32bit and those behind it.
type UserDesc struct {
	EntryNumber uint32 `c:"entry_number"`
	BaseAddr    uint32 `c:"base_addr"`
	Limit       uint32
	Flags       uint32 `c:"-"`
}

// MmapArg is struct mmap_arg_struct32 of arch/x86/kernel/sys_ia32.c, the arguments of
// i386's first mmap(2).
type MmapArg struct{ Addr, Len, Prot, Flags, Fd, Offset uint32 }

// Auxv is an entry of the auxiliary vector, Elf32_auxv_t or Elf64_auxv_t.
type Auxv struct{ Type, Val ULong }
