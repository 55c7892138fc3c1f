# Return probes on the modelled i386 kernel, behind an engine's own text.
# The trampoline saves the registers itself. %ebx is the struct kretprobe or, while functions return,
# the instance; %esi the pt_regs argument.

# struct kretprobe begins with its struct kprobe
.set KRP_HANDLER, 40
# struct kretprobe_instance
.set KRI_RP, 4

	.text
# (p, regs) of a handler of struct kprobe
.macro ENTER_HANDLER
	pushl %ebp
	movl %esp,%ebp
	pushl %esi
	pushl %ebx
	movl 8(%ebp),%ebx
	movl 12(%ebp),%esi
.endm

# The pre_handler of every return probe: the function has just been entered.
FUNC pre_handler_kretprobe
	ENTER_HANDLER
	MICRO get_free_instance		# eax: one, or 0
	testl %eax,%eax
	jz 1f
	MICRO prepare_return
1:	xorl %eax,%eax
	LEAVE_REGS

# Calls the handlers of all probes on the function that returns: newest first,
# up to the instance that kept a true return address, which eax gets.
.macro RETURN_HANDLERS
1:	MICRO next_instance		# ebx
	movl KRI_RP(%ebx),%edx
	testl %edx,%edx
	jz 2f
	movl KRP_HANDLER(%edx),%edx
	testl %edx,%edx
	jz 2f
	MICRO begin_return_handler
	pushl %esi
	pushl %ebx
	call *%edx
	addl $8,%esp
	MICRO end_return_handler
2:	MICRO recycle_instance		# eax: its return address
	cmpl $kretprobe_trampoline,%eax
	je 1b
.endm

# The frame ends where the caller's stack begins, as a trap's would.
FUNC kretprobe_trampoline
	pushfl
	pushl %cs
	pushl $kretprobe_trampoline
	pushl $-1
	SAVE_ALL
	pushl %esp
	call trampoline_handler
	addl $4,%esp
	movl R_EFLAGS(%esp),%edx
	movl %edx,R_XCS(%esp)		# what popfl takes
	movl %eax,R_EFLAGS(%esp)	# what ret takes
	popl %ebx
	popl %ecx
	popl %edx
	popl %esi
	popl %edi
	popl %ebp
	popl %eax
	popl %ds
	popl %es
	addl $8,%esp
	popfl
	ret

FUNC trampoline_handler
	ENTER_REGS
	MICRO find_return_address
	RETURN_HANDLERS
	LEAVE_REGS

# register_kretprobe(rp)
FUNC register_kretprobe
	pushl %ebx
	movl 8(%esp),%ebx
	MICRO init_instances
	popl %ebx
	jmp register_kprobe

# unregister_kretprobe(rp): calls that are under way still return through the
# trampoline
FUNC unregister_kretprobe
	pushl %ebx
	movl 8(%esp),%ebx
	pushl %ebx
	call unregister_kprobe
	addl $4,%esp
	MICRO orphan_instances
	popl %ebx
	ret

# A built-in or Go handler: (instance, regs)
FUNC return_handler_action
	ENTER_HANDLER
	MICRO return_handler_action
	LEAVE_REGS

	.bss
	.balign 64
	.globl kretprobe_inst_table
kretprobe_inst_table:	.zero 64*4	# instances that are out, by task
