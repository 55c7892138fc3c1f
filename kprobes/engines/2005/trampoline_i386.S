# What functions with a return probe return to: a nop with a probe of the
# kernel's own (E7).
	.text
FUNC kretprobe_trampoline
	nop
1:	jmp 1b

# A built-in or Go handler of a return probe: (instance, regs)
FUNC return_handler_action
	pushl %ebp
	movl %esp,%ebp
	pushl %esi
	pushl %ebx
	movl 8(%ebp),%ebx
	movl 12(%ebp),%esi
	MICRO return_handler_action
	LEAVE_REGS
