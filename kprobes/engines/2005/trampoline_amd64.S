# What functions with a return probe return to: a nop with a probe of the
# kernel's own (E7).
	.text
FUNC kretprobe_trampoline
	nop
1:	jmp 1b

# A built-in or Go handler of a return probe: (instance, regs)
FUNC return_handler_action
	pushq %rbp
	movq %rsp,%rbp
	pushq %r12
	pushq %rbx
	movq %rdi,%rbx
	movq %rsi,%r12
	MICRO return_handler_action
	LEAVE_REGS
