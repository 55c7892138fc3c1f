# Exits with 1, or with 7 if the ten pages of stack above the stack pointer were written to. Built with:
# as --32 -o s.o stack32.S && ld -m elf_i386 -z noexecstack -o stack32 s.o && ld -m elf_i386 -z execstack -o execstack32 s.o
	.globl _start, p_step, p_call
	.text
_start:
	sub $0xa000, %esp
	mov %esp, %edi
	mov $0x2800, %ecx
	mov $0x5a5a5a5a, %eax
	rep stosl
	xor %ebx, %ebx
p_step:	add $1, %ebx
p_call:	call 1f
	mov %esp, %edi
	mov $0x2800, %ecx
	repe scasl
	je 2f
	mov $7, %ebx
2:	mov $1, %eax
	int $0x80
1:	ret
