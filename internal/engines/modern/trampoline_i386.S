# What functions with a return probe return to (E7). It saves the registers
# itself; the frame ends where the caller's stack begins, as a trap's would.
	.text 5
FUNC kretprobe_trampoline
	pushfl
	pushl %cs
	pushl $kretprobe_trampoline
	pushl $-1
	SAVE_ALL
	pushl %esp
	call trampoline_handler
	addl $4,%esp
	movl R_EFLAGS(%esp),%edx
	movl %edx,R_XCS(%esp)		# what popfl takes
	movl %eax,R_EFLAGS(%esp)	# what ret takes
	RESTORE_REGS
	addl $8,%esp
	popfl
	ret
