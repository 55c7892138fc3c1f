# A loop over one instruction of each kind, for the benchmarks. Built with: as -o b.o bench64.S && ld -o bench64 b.o
	.globl _start, p_nop, p_push, p_step, p_branch, p_return
	.text
_start:
p_nop:	nop
p_push:	push %rax
	pop %rax
p_step:	add $1, %rbx
p_branch: jmp 1f
1:	call p_return
	jmp _start
p_return: nop
	ret
