	.globl _start
	.type _start, @function
_start:	mov $4, %eax
	mov $1, %ebx
	call where
	mov $6, %edx
	int $0x80
	mov $1, %eax
	xor %ebx, %ebx
	int $0x80
	.size _start, . - _start
	.type where, @function
where:	lea message, %ecx
	incl counter
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
