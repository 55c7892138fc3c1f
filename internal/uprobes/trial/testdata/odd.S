#ifdef __x86_64__
#define AX rax
#define CX rcx
#else
#define AX eax
#define CX ecx
#endif
	.globl _start
	.type _start, @function
_start:
#ifdef __x86_64__
	mov $231, %eax
	xor %edi, %edi
	syscall
#else
	mov $1, %eax
	xor %ebx, %ebx
	int $0x80
#endif
	.size _start, . - _start

	.type odd, @function
odd:
at_nop:	nop
at_lock: lock incl (%AX)
	nop
at_int3: int3
at_ss:	mov %eax, %ss
at_hlt:	hlt
at_narrow: .byte 0x66, 0xe9, 0, 0
#ifdef __x86_64__
	.byte 0, 0
#endif
	push %AX
	push %CX
	jmp 1f
1:	call 1f
1:	je 1b
	cs nop
	pushf
	rep movsb
	mov %eax, counter
	cmpxchg %ecx, (%AX)
	in $1, %al
	iret
	sti
	cli
	outb %al, $1
at_unknown: .byte 0xc5, 0xf8, 0x0a, 0xc0
	ret
	.size odd, . - odd

	.data
counter: .long 0
