# What functions with a return probe return to (E7). It saves the registers
# itself, as a trap's entry code would.
.set R_SS, 160

	.text 5
FUNC kretprobe_trampoline
	pushq %rax		# room for the true return address
	pushq %rax		# ss, then what popfq takes
	pushq %rsp
	pushfq
	subq $24,%rsp		# cs, rip, orig_rax
	SAVE_REGS
	movq %rsp,%rdi
	call trampoline_handler
	movq R_EFLAGS(%rsp),%rcx
	movq %rcx,R_SS(%rsp)	# what popfq takes
	movq %rax,R_SS+8(%rsp)	# what ret takes
	RESTORE_REGS
	addq $40,%rsp
	popfq
	ret
