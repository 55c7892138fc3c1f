# Entry and exit of the modelled i386 kernel: interrupt stubs, the frame they
# build (struct pt_regs), and the way back. What they call is C.

# struct pt_regs, offsets from its start
.set R_XES, 32
.set R_ORIG_EAX, 36
.set R_XCS, 44
.set R_EFLAGS, 48

.set KERNEL_DS, 0x18
.set EF_IF, 0x200
.set EF_VM, 0x20000

.set WORD, 4

.macro PUSH_AX
	pushl %eax
.endm

.macro FRAME_ARGUMENT	# the frame itself is the argument
.endm

.macro FRAME_OF_MICRO
	movl %esp,%esi
.endm

.macro RESTORE_REGS
	popl %ebx
	popl %ecx
	popl %edx
	popl %esi
	popl %edi
	popl %ebp
	popl %eax
	popl %ds
	popl %es
.endm

# K2: the register part of struct pt_regs, behind orig_eax.
.macro SAVE_ALL
	cld
	pushl %es
	pushl %ds
	pushl %eax
	pushl %ebp
	pushl %edi
	pushl %esi
	pushl %edx
	pushl %ecx
	pushl %ebx
	movl $KERNEL_DS,%edx
	movl %edx,%ds
	movl %edx,%es
.endm

# --- entry stubs -----------------------------------------------------------

.macro FAULT_STUB name, handler, has_error
FUNC \name
	.if \has_error == 0
	pushl $0
	.endif
	pushl $\handler
	jmp fault_common
.endm

	.text 1
# On the stack: handler (in xes' slot), error code (in orig_eax's), frame.
FUNC fault_common
	pushl %ds
	pushl %eax
	pushl %ebp
	pushl %edi
	pushl %esi
	pushl %edx
	pushl %ecx
	pushl %ebx
	cld
	movl R_XES(%esp),%edi
	movl R_ORIG_EAX(%esp),%esi
	movl %es,%ecx
	movl %ecx,R_XES(%esp)
	movl $-1,R_ORIG_EAX(%esp)
	movl $KERNEL_DS,%ecx
	movl %ecx,%ds
	movl %ecx,%es
	movl %esp,%eax
	pushl %esi
	pushl %eax
	call *%edi
	addl $8,%esp
	jmp ret_from_exception

.ifdef CONFIG_KPROBES
# K2: the answer in eax picks the way back.
FUNC debug
	PUSH_ORIG_AX
	SAVE_ALL
	movl %esp,%edx
	pushl $0
	pushl %edx
	call do_debug
	addl $8,%esp
	testl %eax,%eax
	jnz restore_all
	jmp ret_from_exception

FUNC int3
	PUSH_ORIG_AX
	SAVE_ALL
	movl %esp,%edx
	pushl $0
	pushl %edx
	call do_int3
	addl $8,%esp
	cmpl $0,%eax
	jnz restore_all
	jmp ret_from_exception
.else
	FAULT_STUB debug, do_debug, 0
	FAULT_STUB int3, do_int3, 0
.endif

# --- the way back ----------------------------------------------------------
	.text 3

FUNC ret_from_exception
	movl R_EFLAGS(%esp),%eax	# from virtual-8086 mode or ring 3?
	movb R_XCS(%esp),%al
	testl $(EF_VM | 3),%eax
	jz resume_kernel
FUNC resume_userspace
	cli
	call signal_pending
	testl %eax,%eax
	jz restore_all
	pushl %esp
	call do_signal
	addl $4,%esp
	jmp resume_userspace

# K0: a preemptible kernel looks for a reason to schedule when it returns to
# kernel code that was interruptible.
FUNC resume_kernel
	cli
	testl $EF_IF,R_EFLAGS(%esp)
	jz restore_all
	pushl %esp
	call preempt_check
	addl $4,%esp

FUNC restore_all
	RESTORE_REGS
	addl $4,%esp
FUNC return_from_trap
	iret
