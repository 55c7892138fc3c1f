	.globl helper
	.type helper, @function
helper:	ret
	.size helper, . - helper
	.section .note.GNU-stack, ""
