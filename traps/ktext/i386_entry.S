# Entry and exit of the modelled i386 kernel: interrupt stubs, the frame they
# build (struct pt_regs), and the way back. What they call is C.

# struct pt_regs, offsets from its start
.set R_XES, 32
.set R_ORIG_EAX, 36
.set R_XCS, 44
.set R_EFLAGS, 48

.set KERNEL_DS, 0x18
.set EF_IF, 0x200
.set EF_VM, 0x20000

# One named micro-step; the label is how the simulator finds its name.
.macro MICRO name
hc.\name\().\@:
	int $0x81
.endm

# K2: the register part of struct pt_regs, behind orig_eax.
.macro SAVE_ALL
	cld
	pushl %es
	pushl %ds
	pushl %eax
	pushl %ebp
	pushl %edi
	pushl %esi
	pushl %edx
	pushl %ecx
	pushl %ebx
	movl $KERNEL_DS,%edx
	movl %edx,%ds
	movl %edx,%es
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
	pushl $0
	.endif
	pushl $\handler
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

# On the stack: handler (in xes' slot), error code (in orig_eax's), frame.
FUNC fault_common
	pushl %ds
	pushl %eax
	pushl %ebp
	pushl %edi
	pushl %esi
	pushl %edx
	pushl %ecx
	pushl %ebx
	cld
	movl R_XES(%esp),%edi
	movl R_ORIG_EAX(%esp),%esi
	movl %es,%ecx
	movl %ecx,R_XES(%esp)
	movl $-1,R_ORIG_EAX(%esp)
	movl $KERNEL_DS,%ecx
	movl %ecx,%ds
	movl %ecx,%es
	movl %esp,%eax
	pushl %esi
	pushl %eax
	call *%edi
	addl $8,%esp
	jmp ret_from_exception

.ifdef CONFIG_KPROBES
# What goes into orig_eax's slot: eax in the 2002 patch (K21), -1 later.
.macro PUSH_ORIG_EAX
.ifdef TRAP_SAVES_AX
	pushl %eax
.else
	pushl $-1
.endif
.endm

# K2: the answer in eax picks the way back.
FUNC debug
	PUSH_ORIG_EAX
	SAVE_ALL
	movl %esp,%edx
	pushl $0
	pushl %edx
	call do_debug
	addl $8,%esp
	testl %eax,%eax
	jnz restore_all
	jmp ret_from_exception

FUNC int3
	PUSH_ORIG_EAX
	SAVE_ALL
	movl %esp,%edx
	pushl $0
	pushl %edx
	call do_int3
	addl $8,%esp
	cmpl $0,%eax
	jnz restore_all
	jmp ret_from_exception
.else
	FAULT_STUB debug, do_debug, 0
	FAULT_STUB int3, do_int3, 0
.endif

FUNC device_not_available
	pushl $-1
	SAVE_ALL
	call math_state_restore
	jmp ret_from_exception

FUNC nmi
	pushl %eax
	SAVE_ALL
	MICRO nmi
	jmp restore_all

FUNC system_call
	pushl %eax
	SAVE_ALL
	movl %esp,%esi
	sti
	MICRO system_call
	jmp ret_from_exception

.macro IRQ_STUB name, vector
FUNC \name
	pushl $(\vector - 256)
	SAVE_ALL
	call do_\name
	jmp ret_from_exception
.endm
	IRQ_STUB timer_interrupt, 0x20
	IRQ_STUB call_function_interrupt, 0xfb
	IRQ_STUB reschedule_interrupt, 0xfc

# --- the way back ----------------------------------------------------------

FUNC ret_from_exception
	movl R_EFLAGS(%esp),%eax	# from virtual-8086 mode or ring 3?
	movb R_XCS(%esp),%al
	testl $(EF_VM | 3),%eax
	jz resume_kernel
FUNC resume_userspace
	cli
	call signal_pending
	testl %eax,%eax
	jz restore_all
	pushl %esp
	call do_signal
	addl $4,%esp
	jmp resume_userspace

# K0: a preemptible kernel looks for a reason to schedule when it returns to
# kernel code that was interruptible.
FUNC resume_kernel
	cli
	testl $EF_IF,R_EFLAGS(%esp)
	jz restore_all
	pushl %esp
	call preempt_check
	addl $4,%esp

FUNC restore_all
	popl %ebx
	popl %ecx
	popl %edx
	popl %esi
	popl %edi
	popl %ebp
	popl %eax
	popl %ds
	popl %es
	addl $4,%esp
FUNC return_from_trap
	iret

# Direct mode stays here between its micro-steps.
FUNC direct_step
	MICRO direct_step

# What a kernel task returns to, and what it runs when it has nothing to do.
FUNC task_exit
	MICRO task_exit
	jmp task_exit

	.bss
	.balign 4
	.globl idt_table
idt_table:
	.zero 256*8
	.globl gdt_table
gdt_table:
	.zero 64*8
	.globl init_tss
	.balign 128
init_tss:
	.zero 8*128
	.globl jiffies
jiffies:
	.zero 4
