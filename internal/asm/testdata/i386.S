# A little of everything that a listing has to carry.
	.globl _start
_start:	push %ebp		# one instruction a line
	mov %esp, %ebp
	mov $3, %ecx
	nop; nop		# two on one line
	call handler
loop:	dec %ecx
loop_end:
	jnz loop
patched = . - 1			# inside the instruction
	.macro store value
	movl $\value, counter
	.endm
	store 5
	store 6
	.rept 3
	inc %eax
	nop
	.endr
	int $0x81
	ret
message:			/* data
				   in text */
	.asciz "hit \"once\"\n"
table:	.long _start, loop, handler
table_end: .byte 1
after:	hlt
	.p2align 4
	.type handler, @function
handler: lea 4(%eax,%ecx,2), %edx
inner:	lock cmpxchg %edx, counter
	ret
	.size handler, . - handler

	.section .rodata
limit:	.long 9
	.data
	.globl counter
	.type counter, @object
	.size counter, 4
counter: .long 5
	.fill 64, 1, 0xcc
words:	.short 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	.weak last
last:	.byte 0xff
	.set CONSTANT, 5
	.bss
	.local stack
	.comm other, 8, 4
stack:	.space 100
stack_top:
