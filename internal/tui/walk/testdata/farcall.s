# A 64-bit program that calls 32-bit code and comes back, on a stack below 4 GiB.
	.globl	_start, small, back
	.text
_start:	lea	stack, %rsp
	mov	$0x2b, %eax		# 64-bit programs begin without a data segment
	mov	%eax, %ds
	mov	$5, %eax
	lcall	*far
back:	mov	%eax, %edi
	mov	$60, %eax
	syscall
	.code32
small:	push	%ebx
	inc	%eax
	dec	%ecx
	mov	%eax, value
	pop	%ebx
	lret
	.data
far:	.long	small
	.word	0x23
	.balign	8
value:	.quad	0
	.bss
	.skip	4096
stack:
