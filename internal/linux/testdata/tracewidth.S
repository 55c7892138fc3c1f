/* What tracewidth.c traces: registers with known values on a stack of its own, x87 and SSE in use,
   a breakpoint, calls that fail and work, of both entries in a 64-bit program. */
	.globl _start
#ifdef __x86_64__
_start:	lea stack(%rip), %rsp
	mov $0x1111222233334444, %rax
	mov $0x2222333344445555, %rbx
	mov $0xcccc, %ecx
	mov $0xddddddddeeeeeeee, %rdx
	mov $0x5151515161616161, %rsi
	mov $0xd1d1d1d1d1d1d1d1, %rdi
	mov $-2, %rbp
	mov $8, %r8
	mov $0x9999999999999999, %r9
	mov $0x1010101010101010, %r10
	mov $0x1111111111111111, %r11
	mov $12, %r12
	mov $13, %r13
	mov $14, %r14
	mov $15, %r15
#else
_start:	mov $stack, %esp
	mov $0x33334444, %eax
	mov $0x44445555, %ebx
	mov $0xcccc, %ecx
	mov $0xeeeeeeee, %edx
	mov $0x61616161, %esi
	mov $0xd1d1d1d1, %edi
	mov $-2, %ebp
#endif
	fninit
	fld1
	fldpi
	pcmpeqd %xmm3, %xmm3
	stc
	int3
	nop
	nop
#ifdef __x86_64__
	mov $3, %eax		/* close(99) */
	mov $99, %edi
	syscall
#endif
	mov $6, %eax		/* close(98) of i386 */
	mov $98, %ebx
	int $0x80
	mov $20, %eax		/* getpid of i386 */
	int $0x80
	xor %eax, %eax
	int3
	mov $1, %eax
	mov $5, %ebx
	int $0x80
	.bss
	.balign 64
	.skip 4096
stack:	.skip 64
