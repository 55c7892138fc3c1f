# What functions with a return probe return to: a nop with a probe of the
# kernel's own (E7).
	.text 5
FUNC kretprobe_trampoline
	nop
1:	jmp 1b
