# Kprobes as later kernels have it, on the modelled x86-64 kernel: current
# probe per CPU, no lock on the hit path, out-of-line stepping, probes at one
# address gathered under one breakpoint (M5). %r12 is the pt_regs argument,
# %rbx the struct kprobe.

# struct kprobe
.set KP_ADDR, 16
.set KP_PRE, 24
.set KP_POST, 32
.set KP_FAULT, 40
.set KP_NEXT, 64		# next of those gathered at one address
.set AG_HEAD, 72		# of a gathering probe: its first

	.text
FUNC kprobe_handler
	ENTER_REGS
	testl $3,R_CS(%r12)
	jnz 8f
	movq R_RIP(%r12),%rdi
	decq %rdi
	call get_kprobe
	testq %rax,%rax
	jz 6f
	movq %rax,%rbx
	MICRO kprobe_running
	testl %eax,%eax
	jz 2f
	MICRO check_reenter
	testl %eax,%eax
	jnz 7f
	MICRO inc_nmissed
	MICRO try_boost_nested
	testl %eax,%eax
	jnz 5f
	MICRO save_previous_kprobe
	MICRO set_current_kprobe
	MICRO set_reenter
	jmp 10f
2:	MICRO set_current_kprobe
	MICRO hit_active
	movq KP_PRE(%rbx),%rax
	testq %rax,%rax
	jz 3f
	movq %rbx,%rdi
	movq %r12,%rsi
	call *%rax
	testl %eax,%eax
	jnz 4f
3:	MICRO try_boost
	testl %eax,%eax
	jnz 5f
	MICRO hit_ss
10:	MICRO try_emulate
	testl %eax,%eax
	jz 11f
	call kprobe_post_process
	jmp 5f
11:	MICRO prepare_singlestep
	MICRO set_copy_ip
	jmp 5f
4:	MICRO reset_current_kprobe
5:	movl $1,%eax
	jmp 9f
6:	MICRO second_int3
	testl %eax,%eax
	jz 12f
	MICRO resume_singlestep
	call kprobe_post_process
	jmp 5b
12:	movq R_RIP(%r12),%rax
	MICRO breakpoint_gone
	testl %eax,%eax
	jz 8f
	MICRO back_up_eip
	jmp 5b
7:	movl $3,%ebx
	MICRO die
8:	xorl %eax,%eax
9:	LEAVE_REGS

FUNC post_kprobe_handler
	ENTER_REGS
	MICRO load_current_kprobe
	MICRO resume_execution
	MICRO restore_saved_flags
	call kprobe_post_process
	testl $EF_TF,R_EFLAGS(%r12)
	movl $0,%eax
	jnz 2f
	incl %eax
2:	LEAVE_REGS

# The end of a hit: %rbx the probe, %r12 the frame, as the caller has them.
FUNC kprobe_post_process
	MICRO begin_post
	testl %eax,%eax
	jz 1f
	movq KP_POST(%rbx),%rax
	testq %rax,%rax
	jz 1f
	movq %rbx,%rdi
	movq %r12,%rsi
	xorl %edx,%edx
	call *%rax
1:	MICRO end_probe
	ret

FUNC kprobe_running
	MICRO kprobe_running
	ret

# kprobe_fault(regs, trapnr): asks only while this CPU runs a probe
FUNC kprobe_fault
	call kprobe_running
	testl %eax,%eax
	jnz 1f
	ret
1:	movq %r12,%rdi

FUNC kprobe_fault_handler
	ENTER_REGS
	MICRO load_current_kprobe
	MICRO fault_in_step
	testl %eax,%eax
	jz 1f
	MICRO rewind_to_probe
	MICRO restore_old_flags
	MICRO end_probe
	jmp 2f
1:	MICRO inc_nmissed
	movq KP_FAULT(%rbx),%rax
	testq %rax,%rax
	jz 2f
	movl %esi,%edx
	movq %r12,%rsi
	movq %rbx,%rdi
	call *%rax
	testl %eax,%eax
	jz 2f
	movl $1,%eax
	jmp 3f
2:	xorl %eax,%eax
3:	LEAVE_REGS

# get_kprobe(addr)
FUNC get_kprobe
	movq %rdi,%rax
	MICRO get_kprobe
	ret

# register_kprobe(p): a mutex that sleeps; the hit path never takes it
FUNC register_kprobe
	pushq %rbx
	movq %rdi,%rbx
	MICRO mutex_lock
	movq KP_ADDR(%rbx),%rdi
	call get_kprobe
	testq %rax,%rax
	jnz 1f
	MICRO copy_insn
	testl %eax,%eax
	jnz 3f
	MICRO save_opcode
	MICRO list_add
	MICRO write_breakpoint
	MICRO text_poke_sync
	jmp 2f
1:	MICRO gather
2:	xorl %eax,%eax
3:	MICRO mutex_unlock
	popq %rbx
	ret

# unregister_kprobe(p)
FUNC unregister_kprobe
	pushq %rbx
	movq %rdi,%rbx
	MICRO mutex_lock
	MICRO ungather
	testl %eax,%eax
	jnz 1f
	MICRO restore_opcode
	MICRO text_poke_sync
	MICRO list_del
1:	MICRO mutex_unlock
	MICRO synchronize_rcu
	popq %rbx
	ret

# M5: the gathering probe's handlers call each one's own, newest first; the
# fault handler only that of the probe whose handler runs.
.macro GATHERED name, handler
FUNC \name
	pushq %rbp
	movq %rsp,%rbp
	pushq %rbx
	pushq %rsi
	pushq %rdx
	movq AG_HEAD(%rdi),%rbx
1:	testq %rbx,%rbx
	jz 3f
	movq \handler(%rbx),%rax
	testq %rax,%rax
	jz 2f
	MICRO set_kprobe_instance
	movq %rbx,%rdi
	movq -16(%rbp),%rsi
	movq -24(%rbp),%rdx
	call *\handler(%rbx)
	.if \handler == KP_PRE
	testl %eax,%eax
	jnz 4f
	.endif
2:	movq KP_NEXT(%rbx),%rbx
	jmp 1b
3:	xorl %eax,%eax
4:	movl %eax,%ebx
	MICRO reset_kprobe_instance
	movl %ebx,%eax
	addq $16,%rsp
	popq %rbx
	popq %rbp
	ret
.endm
	GATHERED aggr_pre_handler, KP_PRE
	GATHERED aggr_post_handler, KP_POST

FUNC aggr_fault_handler
	pushq %rbx
	MICRO load_kprobe_instance
	testq %rbx,%rbx
	jz 1f
	movq KP_FAULT(%rbx),%rax
	testq %rax,%rax
	jz 1f
	movq %rbx,%rdi
	call *%rax
	popq %rbx
	ret
1:	xorl %eax,%eax
	popq %rbx
	ret

# f(p, regs[, flags or trapnr])
.macro ACTION name
FUNC \name
	pushq %rbp
	movq %rsp,%rbp
	pushq %r12
	pushq %rbx
	movq %rdi,%rbx
	movq %rsi,%r12
	movq %rdx,%rax
	MICRO \name
	LEAVE_REGS
.endm
	ACTION pre_handler_action
	ACTION post_handler_action
	ACTION fault_handler_action

	.data
	.balign 8
	.globl kprobe_mutex
kprobe_mutex:	.quad 0		# 0 free, else owning cpu + 1

	.bss
	.balign 64
	.globl kprobe_table, kprobe_pool, active_pool, kprobe_ctlblk
kprobe_ctlblk:	.zero 8*128	# per CPU: current, status, flags, the previous ones, instance, who is waited for
kprobe_table:	.zero 64*16		# list heads
kprobe_pool:	.zero 4096*128	# struct kprobe
active_pool:	.zero 256*128		# gathering probes
