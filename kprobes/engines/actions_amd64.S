# Built-in and Go handlers of the simulator: (p, regs[, flags or trapnr])
	.text
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
