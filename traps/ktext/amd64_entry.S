# Entry and exit of the modelled x86-64 kernel. The 2002 patch was for i386
# only: this is the same path carried over to 64-bit frames.

# struct pt_regs, offsets from its start
.set R_ORIG_RAX, 120
.set R_RIP, 128
.set R_CS, 136
.set R_EFLAGS, 144

.set EF_IF, 0x200

# One named micro-step; the label is how the simulator finds its name.
.macro MICRO name
hc.\name\().\@:
	int $0x81
.endm

.macro SAVE_REGS
	cld
	pushq %rdi
	pushq %rsi
	pushq %rdx
	pushq %rcx
	pushq %rax
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
.endm

.macro SAVE_ALL
	SAVE_REGS
	SWAPGS_IF_USER
.endm

# Where #DB has a stack of its own, a thread is found by the kernel's gs, which
# is loaded at the border of ring 3. The frame is built.
.macro SWAPGS_IF_USER
.ifdef TRAP_DEBUG_STACK
	testl $3,R_CS(%rsp)
	jz .Lkernel\@
	swapgs
.Lkernel\@:
.endif
.endm

.macro FUNC name
	.globl \name
	.type \name,@function
\name:
.endm

	.text
# --- entry stubs -----------------------------------------------------------

.macro FAULT_STUB name, handler, has_error
FUNC \name
	.if \has_error == 0
	pushq $0
	.endif
	SAVE_ALL
	movq $\handler,%rax
	jmp fault_common
.endm

	FAULT_STUB divide_error, do_divide_error, 0
	FAULT_STUB overflow, do_overflow, 0
	FAULT_STUB bounds, do_bounds, 0
	FAULT_STUB invalid_op, do_invalid_op, 0
	FAULT_STUB double_fault, do_double_fault, 1
	FAULT_STUB invalid_TSS, do_invalid_TSS, 1
	FAULT_STUB segment_not_present, do_segment_not_present, 1
	FAULT_STUB stack_segment, do_stack_segment, 1
	FAULT_STUB general_protection, do_general_protection, 1
	FAULT_STUB page_fault, do_page_fault, 1
	FAULT_STUB coprocessor_error, do_coprocessor_error, 0
	FAULT_STUB alignment_check, do_alignment_check, 1
	FAULT_STUB simd_coprocessor_error, do_simd_coprocessor_error, 0

# The error code is in orig_rax's slot; the handler in %rax.
FUNC fault_common
.ifdef TRAP_DEBUG_STACK	# the iret to ring 3 faults with ring 3's gs
	cmpq $return_from_trap,R_RIP(%rsp)
	jne 1f
	swapgs
1:
.endif
	movq R_ORIG_RAX(%rsp),%rsi
	movq $-1,R_ORIG_RAX(%rsp)
	movq %rsp,%rdi
	call *%rax
	jmp ret_from_exception

.ifdef CONFIG_KPROBES
# What goes into orig_rax's slot: rax in the 2002 patch (K21), -1 later.
.macro PUSH_ORIG_RAX
.ifdef TRAP_SAVES_AX
	pushq %rax
.else
	pushq $-1
.endif
.endm

.ifdef TRAP_DEBUG_STACK
# G0: #DB comes on a stack of its own, wherever the kernel is: whose gs is loaded
# its address tells. ebx: 0 if it was ring 3's.
FUNC debug
	PUSH_ORIG_RAX
	SAVE_REGS
	movl $1,%ebx
	movl $0xc0000101,%ecx	# MSR_GS_BASE
	rdmsr
	testl %edx,%edx
	js 1f
	swapgs
	xorl %ebx,%ebx
1:	movq %rsp,%rdi
	xorl %esi,%esi
	call do_debug
	cli

# Nobody looks for a reason to schedule. A signal is delivered on the thread's
# own stack.
FUNC paranoid_exit
	testl $3,R_CS(%rsp)
	jz 1f
	call signal_pending
	testl %eax,%eax
	jz 1f
	movq %rsp,%rdi
	call sync_regs
	movq %rax,%rsp
	movq %rsp,%rdi
	call do_signal
	cli
	jmp paranoid_exit
1:	testl %ebx,%ebx
	jnz restore_regs
	swapgs
	jmp restore_regs
.else
# K2: the answer in eax picks the way back.
FUNC debug
	PUSH_ORIG_RAX
	SAVE_ALL
	movq %rsp,%rdi
	xorl %esi,%esi
	call do_debug
	testl %eax,%eax
	jnz restore_all
	jmp ret_from_exception
.endif

FUNC int3
	PUSH_ORIG_RAX
.ifdef TRAP_GAP	# room to emulate a push onto the interrupted stack
	testb $3,16(%rsp)
	jnz 1f
	.rept 6
	pushq 40(%rsp)
	.endr
1:
.endif
	SAVE_ALL
	movq %rsp,%rdi
	xorl %esi,%esi
	call do_int3
	testl %eax,%eax
	jnz restore_all
	jmp ret_from_exception
.else
	FAULT_STUB debug, do_debug, 0
	FAULT_STUB int3, do_int3, 0
.endif

FUNC device_not_available
	pushq $-1
	SAVE_ALL
	movq %rsp,%rdi
	call math_state_restore
	jmp ret_from_exception

FUNC nmi
	pushq %rax
	SAVE_ALL
	MICRO nmi
	jmp restore_all

FUNC system_call
	pushq %rax
	SAVE_ALL
	movq %rsp,%r12
	sti
	MICRO system_call
	jmp ret_from_exception

.macro IRQ_STUB name, vector
FUNC \name
	pushq $(\vector - 256)
	SAVE_ALL
	call do_\name
	jmp ret_from_exception
.endm
	IRQ_STUB timer_interrupt, 0x20
	IRQ_STUB call_function_interrupt, 0xfb
	IRQ_STUB reschedule_interrupt, 0xfc

# --- the way back ----------------------------------------------------------

FUNC ret_from_exception
	testl $3,R_CS(%rsp)
	jz resume_kernel
FUNC resume_userspace
	cli
	call signal_pending
	testl %eax,%eax
	jz restore_all
	movq %rsp,%rdi
	call do_signal
	jmp resume_userspace

# K0: a preemptible kernel looks for a reason to schedule when it returns to
# kernel code that was interruptible.
FUNC resume_kernel
	cli
	testl $EF_IF,R_EFLAGS(%rsp)
	jz restore_all
	movq %rsp,%rdi
	call preempt_check

FUNC restore_all
.ifdef TRAP_DEBUG_STACK
	SWAPGS_IF_USER
FUNC restore_regs
.endif
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
	addq $8,%rsp
FUNC return_from_trap
	iretq

# Direct mode stays here between its micro-steps.
FUNC direct_step
	MICRO direct_step

# What a kernel task returns to, and what it runs when it has nothing to do.
FUNC task_exit
	MICRO task_exit
	jmp task_exit

	.bss
	.balign 16
	.globl idt_table
idt_table:
	.zero 256*16
	.globl gdt_table
gdt_table:
	.zero 64*8
	.globl init_tss
	.balign 128
init_tss:
	.zero 8*128
	.globl jiffies
jiffies:
	.zero 8
.ifdef TRAP_DEBUG_STACK
	.balign 4096
	.globl exception_stacks, cpu_pda
exception_stacks:	# EXCEPTION_STKSZ bytes for each CPU
	.zero 8*4096
cpu_pda:
	.zero 8*64
.endif
