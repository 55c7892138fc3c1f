	.globl _start
	.type _start, @function
_start:	mov $1, %eax
	mov $1, %edi
	call where
	mov $6, %edx
	syscall
	mov $60, %eax
	xor %edi, %edi
	syscall
	.size _start, . - _start
	.type where, @function
where:	lea message(%rip), %rsi
	incl counter(%rip)
	ret
	.size where, . - where
	.section .rodata
message: .ascii "hello\n"
	.data
	.globl counter
	.type counter, @object
	.size counter, 4
counter: .long 41
	.bss
buffer:	.space 5000
	.section .tdata, "awT", @progbits
	.p2align 3
per_thread: .long 7
	.section .tbss, "awT", @nobits
	.space 12
	.section .note.GNU-stack, ""
