# What both architectures have in common. Subsections put it where it belongs: the
# architecture's own text is in 1 and 3, trampolines are in 5.

	.text 0
	FAULT_STUB divide_error, do_divide_error, 0
	FAULT_STUB overflow, do_overflow, 0
	FAULT_STUB bounds, do_bounds, 0
	FAULT_STUB invalid_op, do_invalid_op, 0
.ifdef TRAP_DEBUG_STACK
	PARANOID_STUB double_fault, do_double_fault
.else
	FAULT_STUB double_fault, do_double_fault, 1
.endif
	FAULT_STUB invalid_TSS, do_invalid_TSS, 1
	FAULT_STUB segment_not_present, do_segment_not_present, 1
.ifdef TRAP_FAULT_STACK
	PARANOID_STUB stack_segment, do_stack_segment
.else
	FAULT_STUB stack_segment, do_stack_segment, 1
.endif
	FAULT_STUB general_protection, do_general_protection, 1
	FAULT_STUB page_fault, do_page_fault, 1
	FAULT_STUB coprocessor_error, do_coprocessor_error, 0
	FAULT_STUB alignment_check, do_alignment_check, 1
	FAULT_STUB simd_coprocessor_error, do_simd_coprocessor_error, 0

	.text 2
FUNC device_not_available
	push $-1
	SAVE_ALL
	FRAME_ARGUMENT
	call math_state_restore
	jmp ret_from_exception

.ifndef TRAP_DEBUG_STACK
FUNC nmi
	PUSH_AX
	SAVE_ALL
	MICRO nmi
	jmp restore_all
.endif

FUNC system_call
	PUSH_AX
	SAVE_ALL
	FRAME_OF_MICRO
	sti
	MICRO system_call
	jmp ret_from_exception

.macro IRQ_STUB name, vector
FUNC \name
	push $(\vector - 256)
	SAVE_ALL
	call do_\name
	jmp ret_from_exception
.endm
	IRQ_STUB timer_interrupt, 0x20
	IRQ_STUB call_function_interrupt, 0xfb
	IRQ_STUB reschedule_interrupt, 0xfc

	.text 4
# Direct mode stays here between its micro-steps.
FUNC direct_step
	MICRO direct_step

# What a kernel task returns to, and what it runs when it has nothing to do.
FUNC task_exit
	MICRO task_exit
	jmp task_exit

	.bss
	.balign 16
	.globl idt_table, gdt_table, init_tss, jiffies
idt_table:
	.zero 256*2*WORD
gdt_table:
	.zero 64*8
	.balign 128
init_tss:
	.zero 8*128
jiffies:
	.zero WORD
.ifdef TRAP_DEBUG_STACK
	.balign 4096
	.globl exception_stacks, cpu_pda
exception_stacks:	# four of EXCEPTION_STKSZ bytes for each CPU
	.zero 8*4*4096
cpu_pda:
	.zero 8*64
.endif
