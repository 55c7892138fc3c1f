# The 2002 patch's functions (seed 000) on the modelled i386 kernel. %esi is
# the pt_regs argument, %ebx the struct kprobe. Micro-steps are hypercalls.

# struct kprobe
.set KP_NEXT, 0
.set KP_PREV, 4
.set KP_ADDR, 8
.set KP_PRE, 12
.set KP_POST, 16
.set KP_FAULT, 20
.set KP_OPCODE, 24

.set THREAD_CPU, 12	# thread_info, at the bottom of the 8 KiB stack
.set EEXIST, 17

	.text
# K4, K7, K8: kprobe_handler(regs); the answer says whether the trap is done with.
FUNC kprobe_handler
	ENTER_REGS
	call kprobe_running
	testl %eax,%eax
	jz 1f
	# this CPU holds the lock: a hit inside a hit
	movl R_EIP(%esi),%eax
	decl %eax
	pushl %eax
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
	jz 9f
	movl %eax,%ebx
	MICRO reentrant_hit
	pushl %esi
	pushl %ebx
	call disarm_kprobe
	addl $8,%esp
	jmp 8f
1:	call lock_kprobes
	movl R_EIP(%esi),%eax
	decl %eax
	pushl %eax
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
	jnz 2f
	call unlock_kprobes
	movl R_EIP(%esi),%eax
	MICRO breakpoint_gone
	testl %eax,%eax
	jnz 8f
	pushl %esi
	call restore_interrupts
	addl $4,%esp
	jmp 9f
2:	movl %eax,%ebx
	MICRO hit_active
	MICRO save_flags
	pushl %esi
	pushl %ebx
	call *KP_PRE(%ebx)
	addl $8,%esp
	MICRO prepare_singlestep
	pushl %esi
	pushl %ebx
	call disarm_kprobe
	addl $8,%esp
	MICRO hit_ss
8:	movl $1,%eax
	jmp 10f
9:	xorl %eax,%eax
10:	LEAVE_REGS

FUNC restore_interrupts
	movl 4(%esp),%eax
	testl $EF_IF,R_EFLAGS(%eax)
	jz 1f
	sti
1:	ret

# disarm_kprobe(p, regs)
FUNC disarm_kprobe
	pushl %ebp
	movl %esp,%ebp
	pushl %esi
	pushl %ebx
	movl 8(%ebp),%ebx
	movl 12(%ebp),%esi
	MICRO restore_opcode
	MICRO rewind_eip
	LEAVE_REGS

# rearm_kprobe(p, regs)
FUNC rearm_kprobe
	pushl %ebp
	movl %esp,%ebp
	pushl %esi
	pushl %ebx
	movl 8(%ebp),%ebx
	movl 12(%ebp),%esi
	MICRO clear_tf
	MICRO write_breakpoint
	LEAVE_REGS

# K5, K16: post_kprobe_handler(regs); nobody looks at eip
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
	MICRO fix_pushf
	pushl %esi
	pushl %ebx
	call rearm_kprobe
	addl $8,%esp
	MICRO restore_saved_flags
	call unlock_kprobes
	testl $EF_TF,R_EFLAGS(%esi)
	jz 2f
	pushl %esi
	call restore_interrupts
	addl $4,%esp
	xorl %eax,%eax
	jmp 3f
2:	movl $1,%eax
3:	LEAVE_REGS

# kprobe_fault(regs, trapnr): asks only while this CPU runs a probe
FUNC kprobe_fault
	call kprobe_running
	testl %eax,%eax
	jnz kprobe_fault_handler
	ret

# K9, K19: kprobe_fault_handler(regs, trapnr)
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
	pushl %esi
	pushl %ebx
	call rearm_kprobe
	addl $8,%esp
	MICRO restore_old_flags
	call unlock_kprobes
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
	MICRO preempt_disable
	MICRO spin_lock
	MICRO set_kprobe_cpu
	ret

FUNC unlock_kprobes
	MICRO clear_kprobe_cpu
	MICRO spin_unlock
	MICRO preempt_enable_no_resched
	ret

# get_kprobe(addr)
FUNC get_kprobe
	movl 4(%esp),%eax
	MICRO get_kprobe
	ret

# K3, K12, K18: register_kprobe(p)
FUNC register_kprobe
	pushl %ebx
	movl 8(%esp),%ebx
	cli
	MICRO spin_lock
	pushl KP_ADDR(%ebx)
	call get_kprobe
	addl $4,%esp
	testl %eax,%eax
	movl $-EEXIST,%eax
	jnz 1f
	MICRO list_add
	MICRO save_opcode
	MICRO write_breakpoint
	MICRO flush_icache
	xorl %eax,%eax
1:	MICRO spin_unlock
	sti
	popl %ebx
	ret

# unregister_kprobe(p)
FUNC unregister_kprobe
	pushl %ebx
	movl 8(%esp),%ebx
	cli
	MICRO spin_lock
	MICRO restore_opcode
	MICRO list_del
	MICRO flush_icache
	MICRO spin_unlock
	sti
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
	.globl kprobe_old_eflags, kprobe_saved_eflags, kprobe_table
kprobe_lock:	.long 0		# 0 free, else owning cpu + 1
kprobe_cpu:	.long 32	# NR_CPUS: nobody
kprobe_status:	.long 0
current_kprobe:	.long 0
kprobe_old_eflags:	.long 0
kprobe_saved_eflags:	.long 0

	.bss
	.balign 64
	.globl kprobe_pool
kprobe_table:	.zero 64*8		# list heads
kprobe_pool:	.zero 4096*32	# struct kprobe
