# What every program of the situations begins with. REGISTER and the like
# are words that hold the addresses of the functions, PROBE0 and MULTI0 and so on those of
# the struct kprobes and multiprobes: programs are the same bytes under every text.

.set REGISTER, 0xc0410000
.set UNREGISTER, 0xc0410004
.set REGISTER_MULTI, 0xc0410008
.set UNREGISTER_MULTI, 0xc041000c
.set PROBE0, 0xc0410040
.set PROBE1, 0xc0410044
.set PROBE2, 0xc0410048
.set PROBE3, 0xc041004c
.set PROBE4, 0xc0410050
.set PROBE5, 0xc0410054
.set PROBE6, 0xc0410058
.set PROBE7, 0xc041005c
.set PROBE8, 0xc0410060
.set PROBE9, 0xc0410064
.set MULTI0, 0xc0410080
.set MULTI1, 0xc0410084
.set MULTI2, 0xc0410088
.set MULTI3, 0xc041008c
.set MULTI4, 0xc0410090
.set MULTI5, 0xc0410094
.set MULTI6, 0xc0410098
.set MULTI7, 0xc041009c
.set MULTI8, 0xc04100a0
.set MULTI9, 0xc04100a4
.set COUNTS, 0xc0410100		# words that handlers count in
.set DATA, 0xc0410800
.set LAZY, 0xc0420000		# a page that comes in on demand
.set LAZY2, 0xc0421000
.set ABSENT, 0xc0500000
.set USER_LAZY, 0x08070000
.set KERNEL_CS, 0x10
.set KERNEL_DS, 0x18
.set USER_CS, 0x23
.set USER_DS, 0x2b
.set USER_STACK, 0x08060000

.set R_ECX, 4		# struct pt_regs
.set R_ESI, 12
.set R_EAX, 24
.set R_EIP, 40
.set R_EFLAGS, 48
.set R_ESP, 52

# Calls a function by its word with a probe's word: the answer in eax, what C
# may leave anything in is cleared.
.macro kernel function, probe
	pushl \probe
	call *\function
	addl $4,%esp
	.ifc \function,UNREGISTER
	movl $0,%eax
	.endif
	movl $0,%ecx
	movl $0,%edx
	cmpl %esp,%esp
.endm

.macro COUNT n
	incl COUNTS+4*\n
.endm

# The end of a program in ring 3.
.macro EXIT
	movl $1,%eax
	int $0x80
.endm

	.text
nothing:
	ret
