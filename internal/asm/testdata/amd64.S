# The same for 64 bits, in kernel addresses.
	.globl _start
_start:	pushq %rbp
	movq %rsp, %rbp
	movabsq $0x1122334455667788, %rax
	movq $counter, %rdi
	incq counter(%rip)
	.type do_int3, @function
do_int3:
	.byte 0xf0, 0x48, 0x0f, 0xb1, 0x17	# lock cmpxchg, by hand
	movl $0x12345678, 0x11223344(%r8,%r9,8)
	call *table(,%rax,8)
1:	jmp 1b
	.size do_int3, . - do_int3
"odd name": swapgs
	iretq
	.data
counter: .quad 5
table:	.quad _start, do_int3, table
	.bss
frames:	.space 0x3000
