package abi

// Flags of clone(2).
const (
	CSIGNAL              = 0xff
	CLONE_NEWTIME        = 0x80
	CLONE_VM             = 0x100
	CLONE_FS             = 0x200
	CLONE_FILES          = 0x400
	CLONE_SIGHAND        = 0x800
	CLONE_PIDFD          = 0x1000
	CLONE_VFORK          = 0x4000
	CLONE_PARENT         = 0x8000
	CLONE_SYSVSEM        = 0x40000
	CLONE_DETACHED       = 0x400000
	CLONE_CLEAR_SIGHAND  = 0x100000000
	CLONE_INTO_CGROUP    = 0x200000000
	CLONE_THREAD         = 0x10000
	CLONE_SETTLS         = 0x80000
	CLONE_PTRACE         = 0x2000
	CLONE_UNTRACED       = 0x800000
	CLONE_PARENT_SETTID  = 0x100000
	CLONE_CHILD_CLEARTID = 0x200000
	CLONE_CHILD_SETTID   = 0x1000000
)

// Sizes of struct clone_args by the kernel that has it, and the largest, in bytes.
const (
	CLONE_ARGS_SIZE_VER0 = 64
	CLONE_ARGS_SIZE_VER2 = 88
	CLONE_ARGS_MAX       = 4096
)

// Of personality(2).
const (
	PER_MASK          = 0xff
	PER_LINUX32       = 0x8
	UNAME26           = 0x20000
	ADDR_NO_RANDOMIZE = 0x40000
)

// Options of wait4(2) and waitid(2), and what waitid waits for.
const (
	WNOHANG    = 1
	WUNTRACED  = 2
	WEXITED    = 4
	WCONTINUED = 8
	WNOWAIT    = 0x1000000
	WNOTHREAD  = 0x20000000
	WALL       = 0x40000000
	WCLONE     = 0x80000000
	P_ALL      = 0
	P_PID      = 1
	P_PGID     = 2
	P_PIDFD    = 3
)

// Operations of futex(2).
const (
	FUTEX_WAIT            = 0
	FUTEX_WAKE            = 1
	FUTEX_REQUEUE         = 3
	FUTEX_CMP_REQUEUE     = 4
	FUTEX_WAKE_OP         = 5
	FUTEX_LOCK_PI         = 6
	FUTEX_UNLOCK_PI       = 7
	FUTEX_TRYLOCK_PI      = 8
	FUTEX_WAIT_BITSET     = 9
	FUTEX_WAKE_BITSET     = 10
	FUTEX_WAIT_REQUEUE_PI = 11
	FUTEX_CMP_REQUEUE_PI  = 12
	FUTEX_LOCK_PI2        = 13
	FUTEX_PRIVATE_FLAG    = 128
	FUTEX_CLOCK_REALTIME  = 256
)

// Of futex_waitv(2).
const (
	FUTEX_WAITV_MAX = 128
	FUTEX_32        = 2
)

// Operations and comparisons of FUTEX_WAKE_OP.
const (
	FUTEX_OP_SET         = 0
	FUTEX_OP_ADD         = 1
	FUTEX_OP_OR          = 2
	FUTEX_OP_ANDN        = 3
	FUTEX_OP_XOR         = 4
	FUTEX_OP_OPARG_SHIFT = 8
)

// Words of a robust futex.
const (
	FUTEX_TID_MASK   = 0x3fffffff
	FUTEX_OWNER_DIED = 0x40000000
	FUTEX_WAITERS    = 0x80000000
)

// Policies of sched_setscheduler(2), and whom getpriority(2) asks about.
const (
	SCHED_NORMAL        = 0
	SCHED_FIFO          = 1
	SCHED_RR            = 2
	SCHED_BATCH         = 3
	SCHED_IDLE          = 5
	SCHED_DEADLINE      = 6
	SCHED_RESET_ON_FORK = 0x40000000
	PRIO_PROCESS        = 0
	PRIO_PGRP           = 1
	PRIO_USER           = 2
)

// Whose use of resources getrusage(2) tells.
const (
	RUSAGE_SELF     = 0
	RUSAGE_CHILDREN = -1
	RUSAGE_THREAD   = 1
)

// Resources of getrlimit(2).
const (
	RLIMIT_CPU        = 0
	RLIMIT_FSIZE      = 1
	RLIMIT_DATA       = 2
	RLIMIT_STACK      = 3
	RLIMIT_CORE       = 4
	RLIMIT_RSS        = 5
	RLIMIT_NPROC      = 6
	RLIMIT_NOFILE     = 7
	RLIMIT_MEMLOCK    = 8
	RLIMIT_AS         = 9
	RLIMIT_LOCKS      = 10
	RLIMIT_SIGPENDING = 11
	RLIMIT_MSGQUEUE   = 12
	RLIMIT_NICE       = 13
	RLIMIT_RTPRIO     = 14
	RLIMIT_RTTIME     = 15
	RLIM_NLIMITS      = 16
)

// Operations of prctl(2) and arch_prctl(2).
const (
	PR_SET_PDEATHSIG       = 1
	PR_GET_PDEATHSIG       = 2
	PR_GET_DUMPABLE        = 3
	PR_SET_DUMPABLE        = 4
	PR_GET_KEEPCAPS        = 7
	PR_SET_KEEPCAPS        = 8
	PR_GET_TIMING          = 13
	PR_SET_NAME            = 15
	PR_GET_NAME            = 16
	PR_GET_SECCOMP         = 21
	PR_GET_TSC             = 25
	PR_SET_TSC             = 26
	PR_TSC_ENABLE          = 1
	PR_TSC_SIGSEGV         = 2
	PR_SET_TIMERSLACK      = 29
	PR_GET_TIMERSLACK      = 30
	PR_SET_CHILD_SUBREAPER = 36
	PR_GET_CHILD_SUBREAPER = 37
	PR_SET_NO_NEW_PRIVS    = 38
	PR_GET_NO_NEW_PRIVS    = 39
	TASK_COMM_LEN          = 16 // bytes of a name and its 0
	ARCH_SET_GS            = 0x1001
	ARCH_SET_FS            = 0x1002
	ARCH_GET_FS            = 0x1003
	ARCH_GET_GS            = 0x1004
)

// Flags of getrandom(2).
const (
	GRND_NONBLOCK = 1
	GRND_RANDOM   = 2
	GRND_INSECURE = 4
)

// Entries of the auxiliary vector.
const (
	AT_NULL         = 0
	AT_PHDR         = 3
	AT_PHENT        = 4
	AT_PHNUM        = 5
	AT_PAGESZ       = 6
	AT_BASE         = 7
	AT_FLAGS        = 8
	AT_ENTRY        = 9
	AT_UID          = 11
	AT_EUID         = 12
	AT_GID          = 13
	AT_EGID         = 14
	AT_PLATFORM     = 15
	AT_HWCAP        = 16
	AT_CLKTCK       = 17
	AT_SECURE       = 23
	AT_RANDOM       = 25
	AT_HWCAP2       = 26
	AT_EXECFN       = 31
	AT_SYSINFO      = 32 // i386: __kernel_vsyscall
	AT_SYSINFO_EHDR = 33 // the vDSO
	AT_MINSIGSTKSZ  = 51
)

// HWCAP2_FSGSBASE of AT_HWCAP2: programs may use RDFSBASE and its like.
const HWCAP2_FSGSBASE = 2

// Numbers of capabilities.
const (
	CAP_KILL   = 5
	CAP_SETGID = 6
	CAP_SETUID = 7
)

// NGROUPS_MAX is how many supplementary groups a process may have.
const NGROUPS_MAX = 65536

// Of ioprio_set(2), of include/uapi/linux/ioprio.h.
const (
	IOPRIO_WHO_PROCESS = 1
	IOPRIO_WHO_USER    = 3
	IOPRIO_CLASS_SHIFT = 13
	IOPRIO_CLASS_NONE  = 0
	IOPRIO_CLASS_RT    = 1
	IOPRIO_CLASS_BE    = 2
	IOPRIO_CLASS_IDLE  = 3
	IOPRIO_NR_LEVELS   = 8
)
