package abi

// UserRegsStruct64 is struct user_regs_struct of arch/x86/include/asm/user_64.h, whose names
// those of both architectures are. OrigAx is the number of the system call, or -1.
type UserRegsStruct64 struct {
	R15, R14, R13, R12 uint64
	Bp                 uint64 `c:"rbp"`
	Bx                 uint64 `c:"rbx"`
	R11, R10, R9, R8   uint64
	Ax                 uint64 `c:"rax"`
	Cx                 uint64 `c:"rcx"`
	Dx                 uint64 `c:"rdx"`
	Si                 uint64 `c:"rsi"`
	Di                 uint64 `c:"rdi"`
	OrigAx             uint64 `c:"orig_rax"`
	IP                 uint64 `c:"rip"`
	Cs                 uint64
	Flags              uint64 `c:"eflags"`
	Sp                 uint64 `c:"rsp"`
	Ss                 uint64
	FsBase             uint64 `c:"fs_base"`
	GsBase             uint64 `c:"gs_base"`
	Ds, Es, Fs, Gs     uint64
}

// UserRegsStruct32 is struct user_regs_struct of arch/x86/include/asm/user_32.h.
type UserRegsStruct32 struct {
	Bx     uint32 `c:"ebx"`
	Cx     uint32 `c:"ecx"`
	Dx     uint32 `c:"edx"`
	Si     uint32 `c:"esi"`
	Di     uint32 `c:"edi"`
	Bp     uint32 `c:"ebp"`
	Ax     uint32 `c:"eax"`
	Ds     uint32 `c:"xds"`
	Es     uint32 `c:"xes"`
	Fs     uint32 `c:"xfs"`
	Gs     uint32 `c:"xgs"`
	OrigAx uint32 `c:"orig_eax"`
	IP     uint32 `c:"eip"`
	Cs     uint32 `c:"xcs"`
	Flags  uint32 `c:"eflags"`
	Sp     uint32 `c:"esp"`
	Ss     uint32 `c:"xss"`
}

// User64 is struct user of arch/x86/include/asm/user_64.h.
type User64 struct {
	Regs     UserRegsStruct64
	Fpvalid  int32 `c:"u_fpvalid"`
	_        int32
	I387     [512]byte // FXSAVE's area
	_        [5]uint64 // sizes and where code and stack begin
	Signal   int64
	Reserved int32
	_        [3]uint64 // pointers and a magic number
	Comm     [32]byte  `c:"u_comm"`
	Debugreg [8]uint64 `c:"u_debugreg"`
	_        [2]uint64 // error_code, fault_address
}

// User32 is struct user of arch/x86/include/asm/user_32.h.
type User32 struct {
	Regs     UserRegsStruct32
	Fpvalid  int32     `c:"u_fpvalid"`
	I387     [108]byte // FSAVE's area
	_        [5]uint32
	Signal   int32
	Reserved int32
	_        [3]uint32
	Comm     [32]byte  `c:"u_comm"`
	Debugreg [8]uint32 `c:"u_debugreg"`
}

// PtracePeeksiginfoArgs is struct ptrace_peeksiginfo_args of include/uapi/linux/ptrace.h.
type PtracePeeksiginfoArgs struct {
	Off   uint64
	Flags uint32
	Nr    int32
}

// PtraceSyscallInfo is struct ptrace_syscall_info of include/uapi/linux/ptrace.h.
type PtraceSyscallInfo struct {
	Op                 uint8 // PTRACE_SYSCALL_INFO_*
	_                  [3]uint8
	Arch               uint32             // AUDIT_ARCH_*
	InstructionPointer uint64             `c:"instruction_pointer"`
	StackPointer       uint64             `c:"stack_pointer"`
	Of                 PtraceSyscallInfos `c:"-"`
}

// PtraceSyscallInfos is the union in it, without the field of seccomp.
type PtraceSyscallInfos struct {
	_     union
	Entry PtraceSyscallInfoEntry
	Exit  PtraceSyscallInfoExit
	_     [60]byte // seccomp
}

// PtraceSyscallInfoEntry is of a call that begins.
type PtraceSyscallInfoEntry struct {
	Nr   uint64
	Args [6]uint64
}

// PtraceSyscallInfoExit is of a call that ends.
type PtraceSyscallInfoExit struct {
	Rval    int64
	IsError uint8 `c:"is_error"`
}
