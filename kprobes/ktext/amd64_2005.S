# Kprobes of spring 2005 on the modelled x86-64 kernel: out-of-line stepping
# from a copy per probe, one lock from hit to the step's end, and multiprobe
# (seed 004) on top. %r12 is the pt_regs argument, %rbx the struct kprobe.

# struct kprobe
.set KP_ADDR, 16
.set KP_PRE, 24
.set KP_POST, 32
.set KP_FAULT, 40

# struct multiprobe: next, then its kprobe's fields at the same offsets;
# struct active_probe: head, then the common kprobe
.set MP_NEXT, 0
.set AP_HEAD, -8		# from the common kprobe

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
	movq R_RIP(%r12),%rdi
	decq %rdi
	call get_kprobe
	testq %rax,%rax
	jz 9f
	movq %rax,%rbx
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
	movq R_RIP(%r12),%rdi
	decq %rdi
	call get_kprobe
	testq %rax,%rax
	jnz 4f
	call unlock_kprobes
	movq R_RIP(%r12),%rax
	MICRO breakpoint_gone
	testl %eax,%eax
	jz 9f
	MICRO back_up_eip
	jmp 8f
4:	movq %rax,%rbx
	MICRO hit_active
	MICRO save_flags
	movq KP_PRE(%rbx),%rax
	testq %rax,%rax
	jz 5f
	movq %rbx,%rdi
	movq %r12,%rsi
	call *%rax
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
	movq current_kprobe,%rbx
	movq KP_POST(%rbx),%rax
	testq %rax,%rax
	jz 1f
	movq %rbx,%rdi
	movq %r12,%rsi
	xorl %edx,%edx
	call *%rax
1:	movq current_kprobe,%rbx
	MICRO resume_execution
	MICRO restore_saved_flags
	call unlock_kprobes
	MICRO preempt_enable_no_resched
	testl $EF_TF,R_EFLAGS(%r12)
	movl $0,%eax
	jnz 2f
	incl %eax
2:	LEAVE_REGS

# kprobe_fault(regs, trapnr): asks only while this CPU runs a probe
FUNC kprobe_fault
	call kprobe_running
	testl %eax,%eax
	jnz 1f
	ret
1:	movq %r12,%rdi

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
	movq current_kprobe,%rbx
	MICRO resume_execution
	MICRO restore_old_flags
	call unlock_kprobes
	MICRO preempt_enable_no_resched
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
	MICRO spin_lock
	MICRO set_kprobe_cpu
	ret

FUNC unlock_kprobes
	MICRO clear_kprobe_cpu
	MICRO spin_unlock
	ret

# get_kprobe(addr)
FUNC get_kprobe
	movq %rdi,%rax
	MICRO get_kprobe
	ret

# register_kprobe(p)
FUNC register_kprobe
	pushq %rbx
	movq %rdi,%rbx
	pushfq
	cli
	MICRO spin_lock
	movq KP_ADDR(%rbx),%rdi
	call get_kprobe
	testq %rax,%rax
	movl $-EEXIST,%eax
	jnz 1f
	MICRO copy_insn
	MICRO list_add
	MICRO save_opcode
	MICRO write_breakpoint
	MICRO flush_icache
	xorl %eax,%eax
1:	MICRO spin_unlock
	popfq
	popq %rbx
	ret

# unregister_kprobe(p)
FUNC unregister_kprobe
	pushq %rbx
	movq %rdi,%rbx
	pushfq
	cli
	MICRO spin_lock
	MICRO restore_opcode
	MICRO list_del
	MICRO flush_icache
	MICRO spin_unlock
	popfq
	popq %rbx
	ret

# --- multiprobe ------------------------------------------------------------

# M1, M3, M6: the common handlers call each multiprobe's own, newest first.
.macro COMMON name, handler, answer
FUNC \name
	pushq %rbp
	movq %rsp,%rbp
	pushq %rbx
	pushq %r12
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %rdx			# keeps the stack aligned
	MICRO read_lock
	movq AP_HEAD(%rdi),%rbx
1:	testq %rbx,%rbx
	jz 3f
	movq \handler(%rbx),%rax
	testq %rax,%rax
	jz 2f
	movq %rbx,%rdi
	movq -32(%rbp),%rsi
	movq -40(%rbp),%rdx
	call *%rax
2:	movq MP_NEXT(%rbx),%rbx
	jmp 1b
3:	MICRO read_unlock
	movl $\answer,%eax
	addq $32,%rsp
	popq %r12
	popq %rbx
	popq %rbp
	ret
.endm
	COMMON comm_pre_handler, KP_PRE, 0
	COMMON comm_post_handler, KP_POST, 0
	COMMON comm_fault_handler, KP_FAULT, 1	# M3: whatever the handlers said

# M1, M2, M4: register_multiprobe(mp)
FUNC register_multiprobe
	pushq %rbx
	pushq %r12
	movq %rdi,%rbx
	cli
	MICRO write_lock
	pushfq
	cli
	MICRO spin_lock
	movq KP_ADDR(%rbx),%rdi
	call get_kprobe
	testq %rax,%rax
	jnz 1f
	MICRO alloc_active_probe	# rax: its common kprobe
	MICRO spin_unlock
	popfq
	movq %rax,%r12
	movq %r12,%rdi
	call register_kprobe
	testl %eax,%eax
	jnz 3f
	jmp 2f
1:	movq %rax,%r12
	cmpq $comm_pre_handler,KP_PRE(%r12)
	movl $-EEXIST,%eax
	jne 4f
	MICRO spin_unlock
	popfq
2:	MICRO link_multiprobe
	xorl %eax,%eax
3:	MICRO write_unlock
	sti
	popq %r12
	popq %rbx
	ret
4:	MICRO spin_unlock
	popfq
	jmp 3b

# M2: unregister_multiprobe(mp)
FUNC unregister_multiprobe
	pushq %rbx
	pushq %r12
	movq %rdi,%rbx
	cli
	MICRO write_lock
	pushfq
	cli
	MICRO spin_lock
	movq KP_ADDR(%rbx),%rdi
	call get_kprobe
	movq %rax,%r12
	testq %rax,%rax
	jz 1f
	cmpq $comm_pre_handler,KP_PRE(%r12)
	je 2f
1:	MICRO spin_unlock
	popfq
	movl $-EEXIST,%eax
	jmp 4f
2:	MICRO spin_unlock
	popfq
	MICRO unlink_multiprobe
	movq AP_HEAD(%r12),%rax
	testq %rax,%rax
	jnz 3f
	movq %r12,%rdi
	call unregister_kprobe
	MICRO free_active_probe
3:	xorl %eax,%eax
4:	MICRO write_unlock
	sti
	popq %r12
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
	.globl kprobe_lock, kprobe_cpu, kprobe_status, current_kprobe
	.globl kprobe_old_eflags, kprobe_saved_eflags, kprobe_table, multiprobe_lock
kprobe_lock:	.quad 0		# 0 free, else owning cpu + 1
multiprobe_lock:	.quad 0	# readers, or 0x100 + writing cpu + 1
kprobe_cpu:	.quad 32	# NR_CPUS: nobody
kprobe_status:	.quad 0
current_kprobe:	.quad 0
kprobe_old_eflags:	.quad 0
kprobe_saved_eflags:	.quad 0

	.bss
	.balign 64
	.globl kprobe_pool
kprobe_table:	.zero 64*16		# list heads
kprobe_pool:	.zero 4096*128	# struct kprobe or multiprobe
	.globl active_pool
active_pool:	.zero 256*128		# struct active_probe
