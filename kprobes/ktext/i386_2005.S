# Kprobes of spring 2005 on the modelled i386 kernel: out-of-line stepping from
# a copy per probe, one lock from hit to the step's end, and multiprobe (seed
# 004) on top. %esi is the pt_regs argument, %ebx the struct kprobe.

# struct kprobe
.set KP_ADDR, 8
.set KP_PRE, 12
.set KP_POST, 16
.set KP_FAULT, 20

# struct multiprobe: next, then its kprobe's fields at the same offsets;
# struct active_probe: head, then the common kprobe
.set MP_NEXT, 0
.set AP_HEAD, -4		# from the common kprobe

.set THREAD_CPU, 12	# thread_info, at the bottom of the 8 KiB stack
.set EEXIST, 17

	.text
# do_int3 and do_debug reach the probe code through the notifier chain.
FUNC kprobe_handler
	ENTER_REGS
	MICRO preempt_disable
	call kprobe_running
	testl %eax,%eax
	jz 3f
	# this CPU holds the lock: a hit inside a hit
	movl R_EIP(%esi),%eax
	decl %eax
	pushl %eax
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
	jz 9f
	movl %eax,%ebx
	cmpl $2,kprobe_status
	jne 2f
	MICRO reentrant_step
	call unlock_kprobes
	jmp 9f
2:	MICRO reentrant_hit
	MICRO restore_opcode
	MICRO rewind_eip
	jmp 8f
3:	call lock_kprobes
	movl R_EIP(%esi),%eax
	decl %eax
	pushl %eax
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
	jnz 4f
	call unlock_kprobes
	movl R_EIP(%esi),%eax
	MICRO breakpoint_gone
	testl %eax,%eax
	jz 9f
	MICRO back_up_eip
	jmp 8f
4:	movl %eax,%ebx
	MICRO hit_active
	MICRO save_flags
	movl KP_PRE(%ebx),%eax
	testl %eax,%eax
	jz 5f
	pushl %esi
	pushl %ebx
	call *%eax
	addl $8,%esp
	testl %eax,%eax
	jnz 7f
5:	MICRO prepare_singlestep
	MICRO set_copy_ip
	MICRO hit_ss
7:	movl $1,%eax
	jmp 10f
8:	MICRO preempt_enable_no_resched
	movl $1,%eax
	jmp 10f
9:	MICRO preempt_enable_no_resched
	xorl %eax,%eax
10:	LEAVE_REGS

FUNC post_kprobe_handler
	ENTER_REGS
	movl current_kprobe,%ebx
	movl KP_POST(%ebx),%eax
	testl %eax,%eax
	jz 1f
	pushl $0
	pushl %esi
	pushl %ebx
	call *%eax
	addl $12,%esp
1:	movl current_kprobe,%ebx
	MICRO resume_execution
	MICRO restore_saved_flags
	call unlock_kprobes
	MICRO preempt_enable_no_resched
	testl $EF_TF,R_EFLAGS(%esi)
	movl $0,%eax
	jnz 2f
	incl %eax
2:	LEAVE_REGS

# kprobe_fault(regs, trapnr): asks only while this CPU runs a probe
FUNC kprobe_fault
	call kprobe_running
	testl %eax,%eax
	jnz kprobe_fault_handler
	ret

FUNC kprobe_fault_handler
	ENTER_REGS
	movl current_kprobe,%ebx
	movl KP_FAULT(%ebx),%eax
	testl %eax,%eax
	jz 1f
	pushl 12(%ebp)
	pushl %esi
	pushl %ebx
	call *%eax
	addl $12,%esp
	testl %eax,%eax
	jz 1f
	movl $1,%eax
	jmp 3f
1:	testl $2,kprobe_status
	jz 2f
	movl current_kprobe,%ebx
	MICRO resume_execution
	MICRO restore_old_flags
	call unlock_kprobes
	MICRO preempt_enable_no_resched
2:	xorl %eax,%eax
3:	LEAVE_REGS

FUNC kprobe_running
	movl $-8192,%eax
	andl %esp,%eax
	movl THREAD_CPU(%eax),%eax
	cmpl %eax,kprobe_cpu
	sete %al
	movzbl %al,%eax
	ret

FUNC lock_kprobes
	MICRO spin_lock
	MICRO set_kprobe_cpu
	ret

FUNC unlock_kprobes
	MICRO clear_kprobe_cpu
	MICRO spin_unlock
	ret

# get_kprobe(addr)
FUNC get_kprobe
	movl 4(%esp),%eax
	MICRO get_kprobe
	ret

# register_kprobe(p)
FUNC register_kprobe
	pushl %ebx
	movl 8(%esp),%ebx
	pushfl
	cli
	MICRO spin_lock
	pushl KP_ADDR(%ebx)
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
	movl $-EEXIST,%eax
	jnz 1f
	MICRO copy_insn
	MICRO list_add
	MICRO save_opcode
	MICRO write_breakpoint
	MICRO flush_icache
	xorl %eax,%eax
1:	MICRO spin_unlock
	popfl
	popl %ebx
	ret

# unregister_kprobe(p)
FUNC unregister_kprobe
	pushl %ebx
	movl 8(%esp),%ebx
	pushfl
	cli
	MICRO spin_lock
	MICRO restore_opcode
	MICRO list_del
	MICRO flush_icache
	MICRO spin_unlock
	popfl
	popl %ebx
	ret

# --- multiprobe ------------------------------------------------------------

# M1, M3, M6: the common handlers call each multiprobe's own, newest first.
.macro COMMON name, handler, answer
FUNC \name
	pushl %ebp
	movl %esp,%ebp
	pushl %ebx
	MICRO read_lock
	movl 8(%ebp),%ebx
	movl AP_HEAD(%ebx),%ebx
1:	testl %ebx,%ebx
	jz 3f
	movl \handler(%ebx),%eax
	testl %eax,%eax
	jz 2f
	pushl 16(%ebp)
	pushl 12(%ebp)
	pushl %ebx
	call *%eax
	addl $12,%esp
2:	movl MP_NEXT(%ebx),%ebx
	jmp 1b
3:	MICRO read_unlock
	movl $\answer,%eax
	popl %ebx
	popl %ebp
	ret
.endm
	COMMON comm_pre_handler, KP_PRE, 0
	COMMON comm_post_handler, KP_POST, 0
	COMMON comm_fault_handler, KP_FAULT, 1	# M3: whatever the handlers said

# M1, M2, M4: register_multiprobe(mp)
FUNC register_multiprobe
	pushl %ebx
	pushl %esi
	movl 12(%esp),%ebx
	cli
	MICRO write_lock
	pushfl
	cli
	MICRO spin_lock
	pushl KP_ADDR(%ebx)
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
	jnz 1f
	MICRO alloc_active_probe	# eax: its common kprobe
	MICRO spin_unlock
	popfl
	movl %eax,%esi
	pushl %esi
	call register_kprobe
	addl $4,%esp
	testl %eax,%eax
	jnz 3f
	jmp 2f
1:	movl %eax,%esi
	cmpl $comm_pre_handler,KP_PRE(%esi)
	movl $-EEXIST,%eax
	jne 4f
	MICRO spin_unlock
	popfl
2:	MICRO link_multiprobe
	xorl %eax,%eax
3:	MICRO write_unlock
	sti
	popl %esi
	popl %ebx
	ret
4:	MICRO spin_unlock
	popfl
	jmp 3b

# M2: unregister_multiprobe(mp)
FUNC unregister_multiprobe
	pushl %ebx
	pushl %esi
	movl 12(%esp),%ebx
	cli
	MICRO write_lock
	pushfl
	cli
	MICRO spin_lock
	pushl KP_ADDR(%ebx)
	call get_kprobe
	addl $4,%esp
	movl %eax,%esi
	testl %eax,%eax
	jz 1f
	cmpl $comm_pre_handler,KP_PRE(%esi)
	je 2f
1:	MICRO spin_unlock
	popfl
	movl $-EEXIST,%eax
	jmp 4f
2:	MICRO spin_unlock
	popfl
	MICRO unlink_multiprobe
	movl AP_HEAD(%esi),%eax
	testl %eax,%eax
	jnz 3f
	pushl %esi
	call unregister_kprobe
	addl $4,%esp
	MICRO free_active_probe
3:	xorl %eax,%eax
4:	MICRO write_unlock
	sti
	popl %esi
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
	.globl kprobe_lock, kprobe_cpu, kprobe_status, current_kprobe
	.globl kprobe_old_eflags, kprobe_saved_eflags, kprobe_table, multiprobe_lock
kprobe_lock:	.long 0		# 0 free, else owning cpu + 1
multiprobe_lock:	.long 0	# readers, or 0x100 + writing cpu + 1
kprobe_cpu:	.long 32	# NR_CPUS: nobody
kprobe_status:	.long 0
current_kprobe:	.long 0
kprobe_old_eflags:	.long 0
kprobe_saved_eflags:	.long 0

	.bss
	.balign 64
	.globl kprobe_pool
kprobe_table:	.zero 64*8		# list heads
kprobe_pool:	.zero 4096*64	# struct kprobe or multiprobe
	.globl active_pool
active_pool:	.zero 256*64		# struct active_probe
