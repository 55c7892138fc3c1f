# The 2002 patch's functions carried over to the modelled x86-64 kernel: same
# steps, 64-bit frames. %r12 is the pt_regs argument, %rbx the struct kprobe.

# struct kprobe
.set KP_ADDR, 16
.set KP_PRE, 24
.set KP_POST, 32
.set KP_FAULT, 40
.set KP_OPCODE, 48

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
	movq R_RIP(%r12),%rdi
	decq %rdi
	call get_kprobe
	testq %rax,%rax
	jz 9f
	movq %rax,%rbx
	MICRO reentrant_hit
	movq %rbx,%rdi
	movq %r12,%rsi
	call disarm_kprobe
	jmp 8f
1:	call lock_kprobes
	movq R_RIP(%r12),%rdi
	decq %rdi
	call get_kprobe
	testq %rax,%rax
	jnz 2f
	call unlock_kprobes
	movq R_RIP(%r12),%rax
	MICRO breakpoint_gone
	testl %eax,%eax
	jnz 8f
	movq %r12,%rdi
	call restore_interrupts
	jmp 9f
2:	movq %rax,%rbx
	MICRO hit_active
	MICRO save_flags
	movq %rbx,%rdi
	movq %r12,%rsi
	call *KP_PRE(%rbx)
	MICRO prepare_singlestep
	movq %rbx,%rdi
	movq %r12,%rsi
	call disarm_kprobe
	MICRO hit_ss
8:	movl $1,%eax
	jmp 10f
9:	xorl %eax,%eax
10:	LEAVE_REGS

FUNC restore_interrupts
	testl $EF_IF,R_EFLAGS(%rdi)
	jz 1f
	sti
1:	ret

# f(p, regs)
.macro ENTER_PROBE
	pushq %rbp
	movq %rsp,%rbp
	pushq %r12
	pushq %rbx
	movq %rdi,%rbx
	movq %rsi,%r12
.endm

FUNC disarm_kprobe
	ENTER_PROBE
	MICRO restore_opcode
	MICRO rewind_eip
	LEAVE_REGS

FUNC rearm_kprobe
	ENTER_PROBE
	MICRO clear_tf
	MICRO write_breakpoint
	LEAVE_REGS

# K5, K16: post_kprobe_handler(regs); nobody looks at eip
FUNC post_kprobe_handler
	ENTER_REGS
	movq current_kprobe,%rbx
	movq KP_POST(%rbx),%rax
	testq %rax,%rax
	jz 1f
	movq %rbx,%rdi
	movq %r12,%rsi
	xorl %edx,%edx
	call *%rax
1:	movq current_kprobe,%rbx
	MICRO fix_pushf
	movq %rbx,%rdi
	movq %r12,%rsi
	call rearm_kprobe
	MICRO restore_saved_flags
	call unlock_kprobes
	testl $EF_TF,R_EFLAGS(%r12)
	jz 2f
	movq %r12,%rdi
	call restore_interrupts
	xorl %eax,%eax
	jmp 3f
2:	movl $1,%eax
3:	LEAVE_REGS

# kprobe_fault(regs, trapnr): asks only while this CPU runs a probe
FUNC kprobe_fault
	call kprobe_running
	testl %eax,%eax
	jnz 1f
	ret
1:	movq %r12,%rdi

# K9, K19: kprobe_fault_handler(regs, trapnr)
FUNC kprobe_fault_handler
	ENTER_REGS
	movq current_kprobe,%rbx
	movq KP_FAULT(%rbx),%rax
	testq %rax,%rax
	jz 1f
	movl %esi,%edx
	movq %r12,%rsi
	movq %rbx,%rdi
	call *%rax
	testl %eax,%eax
	jz 1f
	movl $1,%eax
	jmp 3f
1:	testl $2,kprobe_status
	jz 2f
	movq current_kprobe,%rdi
	movq %r12,%rsi
	call rearm_kprobe
	movq current_kprobe,%rbx
	MICRO restore_old_flags
	call unlock_kprobes
2:	xorl %eax,%eax
3:	LEAVE_REGS

FUNC kprobe_running
	movq $-8192,%rax
	andq %rsp,%rax
	movl THREAD_CPU(%rax),%eax
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
	movq %rdi,%rax
	MICRO get_kprobe
	ret

# K3, K12, K18: register_kprobe(p)
FUNC register_kprobe
	pushq %rbx
	movq %rdi,%rbx
	cli
	MICRO spin_lock
	movq KP_ADDR(%rbx),%rdi
	call get_kprobe
	testq %rax,%rax
	movl $-EEXIST,%eax
	jnz 1f
	MICRO list_add
	MICRO save_opcode
	MICRO write_breakpoint
	MICRO flush_icache
	xorl %eax,%eax
1:	MICRO spin_unlock
	sti
	popq %rbx
	ret

# unregister_kprobe(p)
FUNC unregister_kprobe
	pushq %rbx
	movq %rdi,%rbx
	cli
	MICRO spin_lock
	MICRO restore_opcode
	MICRO list_del
	MICRO flush_icache
	MICRO spin_unlock
	sti
	popq %rbx
	ret

# Built-in and Go handlers of the simulator: (p, regs[, flags or trapnr])
.macro ACTION name
FUNC \name
	ENTER_PROBE
	movq %rdx,%rax
	MICRO \name
	LEAVE_REGS
.endm
	ACTION pre_handler_action
	ACTION post_handler_action
	ACTION fault_handler_action

	.data
	.balign 8
	.globl kprobe_lock, kprobe_cpu, kprobe_status, current_kprobe
	.globl kprobe_old_eflags, kprobe_saved_eflags, kprobe_table
kprobe_lock:	.quad 0		# 0 free, else owning cpu + 1
kprobe_cpu:	.quad 32	# NR_CPUS: nobody
kprobe_status:	.quad 0
current_kprobe:	.quad 0
kprobe_old_eflags:	.quad 0
kprobe_saved_eflags:	.quad 0

	.bss
	.balign 64
	.globl kprobe_pool
kprobe_table:	.zero 64*16		# list heads
kprobe_pool:	.zero 4096*64	# struct kprobe
