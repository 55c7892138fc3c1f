# Built-in and Go handlers of the simulator: (p, regs[, flags or trapnr])
	.text
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
