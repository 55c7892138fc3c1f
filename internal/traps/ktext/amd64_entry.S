# Entry and exit of the modelled x86-64 kernel. The 2002 patch was for i386
# only: this is the same path carried over to 64-bit frames.

# struct pt_regs, offsets from its start
.set R_ORIG_RAX, 120
.set R_RIP, 128
.set R_CS, 136
.set R_EFLAGS, 144

.set EF_IF, 0x200

.set WORD, 8

.macro PUSH_AX
	pushq %rax
.endm

.macro FRAME_ARGUMENT	# of a function
	movq %rsp,%rdi
.endm

.macro FRAME_OF_MICRO
	movq %rsp,%r12
.endm

.macro SAVE_REGS
	cld
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %rcx
	pushq %rax
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
.endm

.macro RESTORE_REGS
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rax
	popq %rcx
	popq %rdx
	popq %rsi
	popq %rdi
.endm

.macro SAVE_ALL
	SAVE_REGS
	SWAPGS_IF_USER
.endm

# Where exceptions have stacks of their own, a thread is found by the kernel's gs,
# which is loaded at the border of ring 3. The frame is built.
.macro SWAPGS_IF_USER
.ifdef TRAP_DEBUG_STACK
	testl $3,R_CS(%rsp)
	jz .Lkernel\@
	swapgs
.Lkernel\@:
.endif
.endm

# --- entry stubs -----------------------------------------------------------

.macro FAULT_STUB name, handler, has_error
FUNC \name
	.if \has_error == 0
	pushq $0
	.endif
	SAVE_ALL
	movq $\handler,%rax
	jmp fault_common
.endm

# G0: what comes on a stack of its own may come wherever the kernel is: whose gs is
# loaded its address tells. ebx: 0 if it was ring 3's.
.macro PARANOID_ENTRY
	SAVE_REGS
	movl $1,%ebx
	movl $0xc0000101,%ecx	# MSR_GS_BASE
	rdmsr
	testl %edx,%edx
	js .Lown\@
	swapgs
	xorl %ebx,%ebx
.Lown\@:
.endm

# From ring 3 it goes on on the thread's stack.
.macro THREAD_STACK_ENTRY
	SAVE_ALL
	movq %rsp,%rdi
	call sync_regs
	movq %rax,%rsp
	movq %rax,%rdi
.endm

.macro PARANOID_STUB name, handler	# there is an error code
FUNC \name
	PARANOID_ENTRY
	movq R_ORIG_RAX(%rsp),%rsi
	movq $-1,R_ORIG_RAX(%rsp)
	movq %rsp,%rdi
	call \handler
	jmp paranoid_exit
.endm

	.text 1
# The error code is in orig_rax's slot; the handler in %rax.
FUNC fault_common
.ifdef TRAP_DEBUG_STACK	# the iret to ring 3 faults with ring 3's gs
	cmpq $return_from_trap,R_RIP(%rsp)
	jne 1f
	swapgs
1:
.endif
	movq R_ORIG_RAX(%rsp),%rsi
	movq $-1,R_ORIG_RAX(%rsp)
	movq %rsp,%rdi
	call *%rax
	jmp ret_from_exception

.ifdef CONFIG_KPROBES
.ifdef TRAP_DEBUG_STACK
FUNC debug
	PUSH_ORIG_AX
.ifdef TRAP_THREAD_STACK
	testb $3,16(%rsp)
	jnz debug_user
.endif
	PARANOID_ENTRY
	movq %rsp,%rdi
	xorl %esi,%esi
	call do_debug

# Nobody looks for a reason to schedule. A signal is delivered on the thread's
# own stack.
FUNC paranoid_exit
.ifndef TRAP_THREAD_STACK
	cli
	testl $3,R_CS(%rsp)
	jz 1f
	call signal_pending
	testl %eax,%eax
	jz 1f
	movq %rsp,%rdi
	call sync_regs
	movq %rax,%rsp
	movq %rsp,%rdi
	call do_signal
	jmp paranoid_exit
1:
.endif
	testl %ebx,%ebx
	jnz restore_regs
	swapgs
	jmp restore_regs
.ifdef TRAP_THREAD_STACK
FUNC debug_user
	THREAD_STACK_ENTRY
	xorl %esi,%esi
	call do_debug
	jmp ret_from_exception
.endif

FUNC nmi
	pushq $-1
.ifdef TRAP_THREAD_STACK
	testb $3,16(%rsp)
	jnz nmi_user
.endif
	PARANOID_ENTRY
	MICRO nmi
	jmp paranoid_exit
.ifdef TRAP_THREAD_STACK
FUNC nmi_user
	THREAD_STACK_ENTRY
	MICRO nmi
	jmp restore_all
.endif
.else
# K2: the answer in eax picks the way back.
FUNC debug
	PUSH_ORIG_AX
	SAVE_ALL
	movq %rsp,%rdi
	xorl %esi,%esi
	call do_debug
	testl %eax,%eax
	jnz restore_all
	jmp ret_from_exception
.endif

FUNC int3
	PUSH_ORIG_AX
.ifdef TRAP_GAP	# room to emulate a push onto the interrupted stack
	testb $3,16(%rsp)
	jnz 1f
	.rept 6
	pushq 40(%rsp)
	.endr
1:
.endif
	SAVE_ALL
	movq %rsp,%rdi
	xorl %esi,%esi
	call do_int3
	testl %eax,%eax
	jnz restore_all
	jmp ret_from_exception
.else
	FAULT_STUB debug, do_debug, 0
	FAULT_STUB int3, do_int3, 0
.endif

# --- the way back ----------------------------------------------------------
	.text 3

FUNC ret_from_exception
	testl $3,R_CS(%rsp)
	jz resume_kernel
FUNC resume_userspace
	cli
	call signal_pending
	testl %eax,%eax
	jz restore_all
	movq %rsp,%rdi
	call do_signal
	jmp resume_userspace

# K0: a preemptible kernel looks for a reason to schedule when it returns to
# kernel code that was interruptible.
FUNC resume_kernel
	cli
	testl $EF_IF,R_EFLAGS(%rsp)
	jz restore_all
	movq %rsp,%rdi
	call preempt_check

FUNC restore_all
.ifdef TRAP_DEBUG_STACK
	SWAPGS_IF_USER
FUNC restore_regs
.endif
	RESTORE_REGS
	addq $8,%rsp
FUNC return_from_trap
	iretq
