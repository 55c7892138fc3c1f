# A 32-bit program: a function is called, and a handler interrupts the program.
	.globl	_start, twice, handler, around
	.text
_start:	mov	$3, %eax
	call	twice
	mov	$174, %eax		# rt_sigaction(SIGUSR1)
	mov	$10, %ebx
	mov	$action, %ecx
	xor	%edx, %edx
	mov	$8, %esi
	int	$0x80
	mov	$20, %eax		# getpid
	int	$0x80
	mov	%eax, %ebx
	mov	$0x5150, %esi
	call	around
	mov	$1, %eax
	mov	seen, %ebx
	int	$0x80
around:	mov	$37, %eax		# kill(self, SIGUSR1)
	mov	$10, %ecx
	int	$0x80
	ret
twice:	incl	%eax			# stepped in a slot; a REX prefix in 64-bit code
	add	%eax, %eax
	ret
handler: mov	$7, %eax
	mov	%eax, seen
	ret
restore: mov	$173, %eax		# rt_sigreturn
	int	$0x80
	.data
action:	.long	handler, 0x04000004, restore, 0, 0	# SA_RESTORER, SA_SIGINFO
seen:	.long	0
