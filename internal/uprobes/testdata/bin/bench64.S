# A loop over one instruction of each kind, for the benchmarks: as many turns as the argument says, endless without one.
# Built with: as -o b.o bench64.S && ld -o bench64 b.o
	.globl _start, turn, p_nop, p_push, p_step, p_rip, p_branch, p_call, p_return
	.text
_start:
	xor %r12d, %r12d
	cmpq $2, (%rsp)
	jb turn
	mov 16(%rsp), %rsi
digit:	movzbl (%rsi), %eax
	test %eax, %eax
	jz turn
	imul $10, %r12, %r12
	lea -'0'(%r12,%rax), %r12
	inc %rsi
	jmp digit
turn:
p_nop:	nop
p_push:	push %rax
	pop %rax
p_step:	add $1, %rbx
p_rip:	mov p_return(%rip), %rax
p_branch: jmp p_call
p_call:	call p_return
	dec %r12
	jnz turn
	mov $60, %eax
	xor %edi, %edi
	syscall
p_return: nop
	ret
