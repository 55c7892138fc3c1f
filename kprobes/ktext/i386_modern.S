# Kprobes as later kernels have it, on the modelled i386 kernel: current probe
# per CPU, no lock on the hit path, out-of-line stepping, probes at one address
# gathered under one breakpoint (M5). %esi is the pt_regs argument, %ebx the
# struct kprobe.

# struct kprobe
.set KP_ADDR, 8
.set KP_PRE, 12
.set KP_POST, 16
.set KP_FAULT, 20
.set KP_NEXT, 32		# next of those gathered at one address
.set AG_HEAD, 36		# of a gathering probe: its first

.set EEXIST, 17

	.text
FUNC kprobe_handler
	ENTER_REGS
	testl $3,R_XCS(%esi)
	jnz 8f
	movl R_EIP(%esi),%eax
	decl %eax
	pushl %eax
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
	jz 6f
	movl %eax,%ebx
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
	movl KP_PRE(%ebx),%eax
	testl %eax,%eax
	jz 3f
	pushl %esi
	pushl %ebx
	call *%eax
	addl $8,%esp
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
12:	movl R_EIP(%esi),%eax
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
	testl $EF_TF,R_EFLAGS(%esi)
	movl $0,%eax
	jnz 2f
	incl %eax
2:	LEAVE_REGS

# The end of a hit: %ebx the probe, %esi the frame, as the caller has them.
FUNC kprobe_post_process
	MICRO begin_post
	testl %eax,%eax
	jz 1f
	movl KP_POST(%ebx),%eax
	testl %eax,%eax
	jz 1f
	pushl $0
	pushl %esi
	pushl %ebx
	call *%eax
	addl $12,%esp
1:	MICRO end_probe
	ret

FUNC kprobe_running
	MICRO kprobe_running
	ret

# kprobe_fault(regs, trapnr): asks only while this CPU runs a probe
FUNC kprobe_fault
	call kprobe_running
	testl %eax,%eax
	jnz kprobe_fault_handler
	ret

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
	movl KP_FAULT(%ebx),%eax
	testl %eax,%eax
	jz 2f
	pushl 12(%ebp)
	pushl %esi
	pushl %ebx
	call *%eax
	addl $12,%esp
	testl %eax,%eax
	jz 2f
	movl $1,%eax
	jmp 3f
2:	xorl %eax,%eax
3:	LEAVE_REGS

# get_kprobe(addr)
FUNC get_kprobe
	movl 4(%esp),%eax
	MICRO get_kprobe
	ret

# register_kprobe(p): a mutex that sleeps; the hit path never takes it
FUNC register_kprobe
	pushl %ebx
	movl 8(%esp),%ebx
	MICRO mutex_lock
	pushl KP_ADDR(%ebx)
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
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
	popl %ebx
	ret

# unregister_kprobe(p)
FUNC unregister_kprobe
	pushl %ebx
	movl 8(%esp),%ebx
	MICRO mutex_lock
	MICRO ungather
	testl %eax,%eax
	jnz 1f
	MICRO restore_opcode
	MICRO text_poke_sync
	MICRO list_del
1:	MICRO mutex_unlock
	MICRO synchronize_rcu
	popl %ebx
	ret

# M5: the gathering probe's handlers call each one's own, newest first; the
# fault handler only that of the probe whose handler runs.
.macro GATHERED name, handler
FUNC \name
	pushl %ebp
	movl %esp,%ebp
	pushl %ebx
	movl 8(%ebp),%ebx
	movl AG_HEAD(%ebx),%ebx
1:	testl %ebx,%ebx
	jz 3f
	movl \handler(%ebx),%eax
	testl %eax,%eax
	jz 2f
	MICRO set_kprobe_instance
	pushl 16(%ebp)
	pushl 12(%ebp)
	pushl %ebx
	call *\handler(%ebx)
	addl $12,%esp
	.if \handler == KP_PRE
	testl %eax,%eax
	jnz 4f
	.endif
2:	movl KP_NEXT(%ebx),%ebx
	jmp 1b
3:	xorl %eax,%eax
4:	movl %eax,%ebx
	MICRO reset_kprobe_instance
	movl %ebx,%eax
	popl %ebx
	popl %ebp
	ret
.endm
	GATHERED aggr_pre_handler, KP_PRE
	GATHERED aggr_post_handler, KP_POST

FUNC aggr_fault_handler
	pushl %ebx
	MICRO load_kprobe_instance
	testl %ebx,%ebx
	jz 1f
	movl KP_FAULT(%ebx),%eax
	testl %eax,%eax
	jz 1f
	pushl 16(%esp)
	pushl 16(%esp)
	pushl %ebx
	call *%eax
	addl $12,%esp
	popl %ebx
	ret
1:	xorl %eax,%eax
	popl %ebx
	ret

# Built-in and Go handlers of the simulator: (p, regs[, flags or trapnr])
.macro ACTION name
FUNC \name
	pushl %ebp
	movl %esp,%ebp
	pushl %esi
	pushl %ebx
	movl 8(%ebp),%ebx
	movl 12(%ebp),%esi
	movl 16(%ebp),%eax
	MICRO \name
	LEAVE_REGS
.endm
	ACTION pre_handler_action
	ACTION post_handler_action
	ACTION fault_handler_action

	.data
	.balign 4
	.globl kprobe_mutex
kprobe_mutex:	.long 0		# 0 free, else owning cpu + 1

	.bss
	.balign 64
	.globl kprobe_table, kprobe_pool, active_pool, kprobe_ctlblk
kprobe_ctlblk:	.zero 8*64	# per CPU: current, status, flags, the previous ones, instance, who is waited for
kprobe_table:	.zero 64*8		# list heads
kprobe_pool:	.zero 4096*64	# struct kprobe
active_pool:	.zero 256*64		# gathering probes
