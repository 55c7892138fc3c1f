# Calls kprobe_fault(regs, trapnr) and goes on at \claimed if it takes the trap.
.macro ASK_KPROBES trapnr, claimed
	pushl \trapnr
	pushl %esi
	call kprobe_fault
	addl $8,%esp
	testl %eax,%eax
	jnz \claimed
.endm

# Interrupts on again if the interrupted code had them on.
.macro RESTORE_IF
	testl $EF_IF,R_EFLAGS(%esi)
	jz 77f
	sti
77:
.endm

# --- stock trap handlers ---------------------------------------------------

.macro TRAP_HANDLER name, vector
FUNC \name
	pushl $\vector
	pushl 12(%esp)
	pushl 12(%esp)
	call do_trap
	addl $12,%esp
	ret
.endm
	TRAP_HANDLER do_divide_error, 0
	TRAP_HANDLER do_overflow, 4
	TRAP_HANDLER do_bounds, 5
	TRAP_HANDLER do_invalid_op, 6
	TRAP_HANDLER do_invalid_TSS, 10
	TRAP_HANDLER do_segment_not_present, 11
	TRAP_HANDLER do_stack_segment, 12
	TRAP_HANDLER do_coprocessor_error, 16
	TRAP_HANDLER do_alignment_check, 17

# do_trap(regs, error_code, trapnr)
FUNC do_trap
	ENTER_REGS
.ifdef TRAP_ALL_FAULTS
	ASK_KPROBES 16(%ebp), 2f
.endif
.ifdef TRAP_INTERRUPT_GATES
	RESTORE_IF
.endif
	movl 16(%ebp),%ebx
	testl $3,R_XCS(%esi)
	jz 1f
	MICRO force_sig
	jmp 2f
1:	MICRO die
2:	LEAVE_REGS

FUNC do_double_fault
	ENTER_REGS
	movl $8,%ebx
	MICRO die
	LEAVE_REGS

FUNC do_general_protection
	ENTER_REGS
.ifdef CONFIG_KPROBES
.ifndef TRAP_FIXUP_FIRST
	ASK_KPROBES $13, 2f
.endif
.endif
.ifdef TRAP_INTERRUPT_GATES
	RESTORE_IF
.endif
	movl $13,%ebx
	testl $3,R_XCS(%esi)
	jz 1f
	MICRO force_sig
	jmp 2f
1:	MICRO fixup_exception
	testl %eax,%eax
	jnz 2f
.ifdef TRAP_FIXUP_FIRST
	ASK_KPROBES $13, 2f
.endif
	MICRO die
2:	LEAVE_REGS

FUNC do_page_fault
	ENTER_REGS
	movl %cr2,%ebx
.ifdef TRAP_KERNEL_ONLY
	testl $3,R_XCS(%esi)
	jnz 1f
.endif
.ifdef CONFIG_KPROBES
	ASK_KPROBES $14, 3f
.endif
1:	RESTORE_IF
	movl 12(%ebp),%eax
	MICRO handle_mm_fault
	testl %eax,%eax
	jnz 3f
	movl $14,%ebx
	testl $3,R_XCS(%esi)
	jz 2f
	MICRO force_sig
	jmp 3f
2:	MICRO fixup_exception
	testl %eax,%eax
	jnz 3f
	MICRO die
3:	LEAVE_REGS

# math_state_restore(struct pt_regs regs): the frame itself is the argument.
FUNC math_state_restore
	pushl %ebp
	movl %esp,%ebp
	pushl %esi
	pushl %ebx
	leal 8(%ebp),%esi
	clts
.ifdef TRAP_ALL_FAULTS
	ASK_KPROBES $7, 1f
.endif
	MICRO restore_fpu
1:	LEAVE_REGS

# do_debug(regs, error_code). The stock kernel's answer is not looked at.
.macro ASK_POST_KPROBE
	call kprobe_running
	testl %eax,%eax
	jz 2f
	pushl %esi
	call post_kprobe_handler
	addl $4,%esp
	testl %eax,%eax
	jz 2f
	movl $1,%eax
	jmp 3f
2:
.endm

FUNC do_debug
	ENTER_REGS
	movl %db6,%ebx
.ifdef TRAP_NO_LAZY_DR7
	movl $0xffff0ff0,%eax		# DR6 is cleared when it is read
	movl %eax,%db6
.endif
.ifdef TRAP_DEBUG_FIRST
.ifdef TRAP_KERNEL_ONLY
	testl $3,R_XCS(%esi)
	jnz 2f
.endif
	ASK_POST_KPROBE
.endif
.ifndef TRAP_NO_LAZY_DR7
	testl $0xf,%ebx
	jz 1f
	MICRO thread_debugreg7
	testl %eax,%eax
	jz clear_dr7
1:	MICRO save_debugreg6
.endif
.ifdef TRAP_NO_LAZY_DR7
	testl $3,R_XCS(%esi)
	jz 4f
	RESTORE_IF
	MICRO save_virtual_dr6
	movl $1,%ebx
	MICRO force_sig
	jmp 5f
4:	testl $0x4000,%ebx
	jnz clear_TF
5:	xorl %eax,%eax
	jmp 3f
.else
	testl $0x4000,%ebx
	jz send_sigtrap
.ifdef CONFIG_KPROBES
.ifndef TRAP_DEBUG_FIRST
	ASK_POST_KPROBE
.endif
.endif
	testl $3,R_XCS(%esi)
	jz clear_TF
	MICRO ptrace_dtrace
	testl %eax,%eax
	jnz clear_TF
send_sigtrap:
	movl $1,%ebx
	MICRO force_sig
clear_dr7:
	xorl %eax,%eax
	movl %eax,%db7
	jmp 3f
.endif
clear_TF:
	andl $~EF_TF,R_EFLAGS(%esi)
	xorl %eax,%eax
3:	LEAVE_REGS

# do_int3(regs, error_code)
FUNC do_int3
	ENTER_REGS
.ifdef CONFIG_KPROBES
	pushl %esi
	call kprobe_handler
	addl $4,%esp
	testl %eax,%eax
	jz 1f
	movl $1,%eax
	jmp 2f
1:
.ifdef TRAP_RESTORES_IF
	RESTORE_IF
.endif
.endif
	pushl $3
	pushl 12(%ebp)
	pushl %esi
	call do_trap
	addl $12,%esp
	xorl %eax,%eax
2:	LEAVE_REGS

