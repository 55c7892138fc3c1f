# Entry and exit of the kernel that the seed's C is linked into: every stub but
# those of vectors 1 and 3, which the seed brings itself.

.set R_EAX, 24
.set R_ORIG_EAX, 36
.set R_EIP, 40
.set R_XCS, 44
.set R_EFLAGS, 48

.macro FUNC name
	.globl \name
	.type \name,@function
\name:
.endm

.macro MICRO name
hc.\name\().entry\@:
	int $0x81
.endm

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
	movl $0x18,%edx
	movl %edx,%ds
	movl %edx,%es
.endm

.macro TRAP name, has_error
FUNC \name
	.if \has_error == 0
	pushl $0
	.endif
	SAVE_ALL
	movl R_ORIG_EAX(%esp),%edx
	movl $-1,R_ORIG_EAX(%esp)
	movl %esp,%eax
	pushl %edx
	pushl %eax
	call do_\name
	addl $8,%esp
	jmp ret_from_exception
.endm

.macro INTERRUPT name, saved
FUNC \name
	pushl \saved
	SAVE_ALL
.endm

	.text
	TRAP divide_error, 0
	TRAP overflow, 0
	TRAP bounds, 0
	TRAP invalid_op, 0
	TRAP double_fault, 1
	TRAP invalid_TSS, 1
	TRAP segment_not_present, 1
	TRAP stack_segment, 1
	TRAP general_protection, 1
	TRAP page_fault, 1
	TRAP coprocessor_error, 0
	TRAP alignment_check, 1
	TRAP simd_coprocessor_error, 0
	INTERRUPT call_function_interrupt, $-5
	jmp ret_from_exception
	INTERRUPT reschedule_interrupt, $-4
	jmp 1f
	INTERRUPT timer_interrupt, $-224
	incl jiffies
1:	movl $-8192,%eax
	andl %esp,%eax
	movl $1,20(%eax)	# need_resched
	jmp ret_from_exception

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

FUNC ret_from_exception
	movl %esp,%esi
	cli
	testl $3,R_XCS(%esp)
	jz 1f
	MICRO signal_pending
	testl %eax,%eax
	jz restore_all
	movl $-8192,%edx
	andl %esp,%edx
	movl 24(%edx),%ebx	# pending: the first one is taken
	bsfl %ebx,%eax
	btrl %eax,24(%edx)
	cmpl $0,R_ORIG_EAX(%esp)
	jl 2f
	movl R_EAX(%esp),%ecx	# -512 to -514: a system call is to be made again
	addl $514,%ecx
	cmpl $2,%ecx
	ja 2f
	movl R_ORIG_EAX(%esp),%ecx
	movl %ecx,R_EAX(%esp)
	subl $2,R_EIP(%esp)
2:	MICRO deliver_signal
	jmp ret_from_exception
1:	testl $0x200,R_EFLAGS(%esp)
	jz restore_all
	MICRO preempt_check

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
	iret

FUNC task_exit
	MICRO task_exit
	jmp task_exit

	.bss
	.balign 128
init_tss:	.zero 8*128
idt_table:	.zero 256*8
gdt_table:	.zero 64*8
jiffies:	.zero 4
	.balign 4
kprobe_pool:	.zero 32*16
	.globl kprobe_pool
