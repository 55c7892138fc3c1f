/* 32-bit code of a 64-bit program calls the kernel by CALL: write, where WRITE
   is given, then exit. */
	.globl _start
_start:	lea cont32(%rip),%rax
	mov $stk,%rsp
	movl %eax,ptr(%rip)
	movw $0x23,ptr+4(%rip)
	ljmp *ptr(%rip)
	.code32
cont32:
	mov $msg,%ebp /* a stack for SYSENTER; the second argument of SYSCALL */
#ifdef WRITE
	mov $4,%eax
	mov $1,%ebx
	mov $msg,%ecx
	mov $6,%edx
	pushl $0 /* the sixth argument of SYSCALL */
	CALL
#endif
	mov $1,%eax
	mov $7,%ebx
	CALL
	hlt
	.data
ptr:	.long 0
	.word 0
msg:	.ascii "compat"
	.bss
	.skip 4096
stk:	.skip 16
