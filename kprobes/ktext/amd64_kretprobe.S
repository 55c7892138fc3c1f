# Return probes on the modelled x86-64 kernel, behind an engine's own text.
# The trampoline saves the registers itself. %rbx is the struct kretprobe or, while functions return,
# the instance; %r12 the pt_regs argument.

# struct kretprobe begins with its struct kprobe
.set KRP_HANDLER, 80
# struct kretprobe_instance
.set KRI_RP, 8

.set R_SS, 160

	.text
# (p, regs) of a handler of struct kprobe
.macro ENTER_HANDLER
	pushq %rbp
	movq %rsp,%rbp
	pushq %r12
	pushq %rbx
	movq %rdi,%rbx
	movq %rsi,%r12
.endm

# The pre_handler of every return probe: the function has just been entered.
FUNC pre_handler_kretprobe
	ENTER_HANDLER
	MICRO get_free_instance		# rax: one, or 0
	testq %rax,%rax
	jz 1f
	MICRO prepare_return
1:	xorl %eax,%eax
	LEAVE_REGS

# Calls the handlers of all probes on the function that returns: newest first,
# up to the instance that kept a true return address, which rax gets.
.macro RETURN_HANDLERS
1:	MICRO next_instance		# rbx
	movq KRI_RP(%rbx),%rdx
	testq %rdx,%rdx
	jz 2f
	movq KRP_HANDLER(%rdx),%rdx
	testq %rdx,%rdx
	jz 2f
	MICRO begin_return_handler
	movq %rbx,%rdi
	movq %r12,%rsi
	call *%rdx
	MICRO end_return_handler
2:	MICRO recycle_instance		# rax: its return address
	cmpq $kretprobe_trampoline,%rax
	je 1b
.endm

FUNC kretprobe_trampoline
	pushq %rax		# room for the true return address
	pushq %rax		# ss, then what popfq takes
	pushq %rsp
	pushfq
	subq $24,%rsp		# cs, rip, orig_rax
	SAVE_ALL
	movq %rsp,%rdi
	call trampoline_handler
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
	addq $40,%rsp
	popfq
	ret

FUNC trampoline_handler
	ENTER_REGS
	MICRO find_return_address
	RETURN_HANDLERS
	movq R_EFLAGS(%r12),%rcx
	movq %rcx,R_SS(%r12)
	movq %rax,R_SS+8(%r12)
	LEAVE_REGS

# register_kretprobe(rp)
FUNC register_kretprobe
	pushq %rbx
	movq %rdi,%rbx
	MICRO init_instances
	popq %rbx
	jmp register_kprobe

# unregister_kretprobe(rp): calls that are under way still return through the
# trampoline
FUNC unregister_kretprobe
	pushq %rbx
	movq %rdi,%rbx
	call unregister_kprobe
	MICRO orphan_instances
	popq %rbx
	ret

# A built-in or Go handler: (instance, regs)
FUNC return_handler_action
	ENTER_HANDLER
	MICRO return_handler_action
	LEAVE_REGS

	.bss
	.balign 64
	.globl kretprobe_inst_table
kretprobe_inst_table:	.zero 64*8	# instances that are out, by task
