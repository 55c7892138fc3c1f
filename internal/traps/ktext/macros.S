# What both architectures' entry texts are written with.

# One named micro-step; the label is how the simulator finds its name.
.macro MICRO name
hc.\name\().\@:
	int $0x81
.endm

.macro FUNC name
	.globl \name
	.type \name,@function
\name:
.endm

# What goes into orig_eax's slot: eax in the 2002 patch (K21), -1 later.
.macro PUSH_ORIG_AX
.ifdef TRAP_SAVES_AX
	PUSH_AX
.else
	push $-1
.endif
.endm

