package judge

import (
	"fmt"
	"slices"

	"trapline/internal/traps"
	"trapline/internal/x86"
)

// situation is a program that both sides run on one vCPU.
type situation struct {
	name  string
	text  string // see program
	task  traps.Task
	noPre bool
	// raise are interrupts by the label where vCPU 0 stands when they come; during
	// are others, by the vector whose delivery they follow.
	raise  map[string]x86.Vector
	during map[x86.Vector]x86.Vector
	// on is a kernel function that probe 0 is on instead of its label. Only the
	// ends are compared then: what runs before depends on the text.
	on string
}

const add = "addl $2,%eax\n"

var situations = slices.Concat(hits, flagsOf, nested, faults, handlersWork, foreign, registering, rings, onText)

var hits = []situation{
	{name: "first hit", text: "main: p0: " + add + "ret\n"},
	{name: "first hit with all registers set", text: `
main:	movl $1,%eax
	movl $2,%ebx
	movl $3,%ecx
	movl $4,%edx
	movl $5,%esi
	movl $6,%edi
	movl $7,%ebp
	stc
	std
p0:	adcl %ebx,%eax
	cld
	ret`},
	{name: "hit with interrupts off", text: "main: cli\np0: " + add + "pushf\npopl %ebx\nsti\nret\n"},
	{name: "two in a row", text: "main: p0: incl %eax\np1: incl %eax\nret\n"},
	{name: "three in a row of different lengths", text: "main: p0: nop\np1: movl $5,%eax\np2: addl %eax,%eax\nret\n"},
	{name: "five turns of a loop", text: "main: movl $5,%ecx\np0: incl %eax\nloop p0\nret\n"},
	{name: "the loop instruction", text: "main: movl $3,%ecx\np0: loop p0\nret\n"},
	{name: "a call", text: "main: p0: call 1f\nret\n1: incl %eax\nret\n"},
	{name: "a return", text: "main: incl %eax\np0: ret\n"},
	{name: "a branch taken", text: "main: cmpl %eax,%eax\np0: je 1f\nincl %ebx\n1: ret\n"},
	{name: "a branch not taken", text: "main: cmpl %eax,%eax\np0: jne 1f\nincl %ebx\n1: ret\n"},
	{name: "an indirect jump", text: "main: movl $1f,%eax\np0: jmp *%eax\nnop\n1: ret\n"},
	{name: "a far call", text: "main: p0: lcall $KERNEL_CS,$1f\nret\n1: lret\n"},
	{name: "a store", text: "main: p0: movl $7,DATA\nret\n"},
	{name: "push of the stack pointer", text: "main: p0: pushl %esp\npopl %eax\nsubl %esp,%eax\nret\n"},
	{name: "a string instruction, each turn", text: "main: movl $3,%ecx\nmovl $DATA,%edi\nmovl $0x55,%eax\np0: rep stosb\nret\n"},
	{name: "mov to ss holds the trap off", text: "main: movl %ss,%eax\np0: movl %eax,%ss\nincl %ebx\nincl %ecx\nret\n"},
	{name: "pop ss with a probe behind it", text: "main: pushl %ss\np0: popl %ss\np1: incl %ebx\nincl %ecx\nret\n"},
	{name: "in the middle of an instruction", text: "main: movl $1,%eax\n.set p0, main+1\nret\n"},
	{name: "a byte written over the breakpoint", text: "main: movb $0x40,p0\np0: " + add + "ret\n"},
	{name: "a breakpoint on a breakpoint", text: "main: p0: int3\nret\n"},
	{name: "an interrupt that waits for the step to end", raise: map[string]x86.Vector{"p0": 0x20}, text: "main: cli\nsti\np0: incl %eax\nincl %eax\nret\n"},
	{name: "an NMI before the hit", raise: map[string]x86.Vector{"p0": 2}, text: "main: p0: incl %eax\nincl %eax\nret\n"},
	{name: "a reschedule is asked for before the hit", raise: map[string]x86.Vector{"main": 0xfc}, text: "main: incl %eax\np0: incl %eax\nret\n"},
	{name: "an interrupt that comes while a handler runs", raise: map[string]x86.Vector{"pre0": 0x20}, text: "main: p0: incl %eax\nincl %eax\nret\npre0: nop\nret\n"},
	{name: "an NMI while a handler runs", raise: map[string]x86.Vector{"pre0": 2}, text: "main: p0: incl %eax\nincl %eax\nret\npre0: nop\nret\n"},
	{name: "a data breakpoint met by the step", text: `
main:	movl $DATA,%eax
	movl %eax,%db0
	movl $0x00030303,%eax
	movl %eax,%db7
p0:	movl $7,DATA
	nop
	nop
	ret`},
	{name: "an execute breakpoint at the probe", text: "main: movl $p0,%eax\nmovl %eax,%db0\nmovl $2,%eax\nmovl %eax,%db7\np0: " + add + "ret\n"},
}

var flagsOf = []situation{
	{name: "pushf", text: "main: p0: pushf\npopl %ebx\nret\n"},
	{name: "pushf with interrupts off", text: "main: cli\np0: pushf\npopl %ebx\nsti\nret\n"},
	{name: "a prefixed pushf", text: "main: p0: .byte 0x66; pushf\n.byte 0x66; popl %ebx\nret\n"},
	{name: "popf", text: "main: pushf\np0: popf\npushf\npopl %ebx\nret\n"},
	{name: "popf that turns interrupts off", text: "main: pushl $2\np0: popf\npushf\npopl %ebx\nret\n"},
	{name: "popf that turns interrupts on", text: "main: cli\npushl $0x202\np0: popf\npushf\npopl %ebx\nret\n"},
	{name: "popf that sets TF", text: "main: pushl $0x302\np0: popf\nnop\nnop\nret\n"},
	{name: "a prefixed popf", text: "main: pushl $0\npushl $0\npushw $2\np0: .byte 0x66; popf\npushf\npopl %ebx\naddl $8,%esp\nret\n"},
	{name: "cli", text: "main: p0: cli\npushf\npopl %ebx\nret\n"},
	{name: "a prefixed cli", text: "main: p0: .byte 0x66; cli\npushf\npopl %ebx\nret\n"},
	{name: "sti", text: "main: cli\np0: sti\nnop\npushf\npopl %ebx\nret\n"},
	{name: "sti and an interrupt", raise: map[string]x86.Vector{"p0": 0x20}, text: "main: cli\np0: sti\nnop\nnop\nret\n"},
	{name: "iret", text: "main: pushf\npushl %cs\npushl $1f\np0: iret\n1: pushf\npopl %ebx\nret\n"},
	{name: "iret that turns interrupts off", text: "main: pushl $2\npushl %cs\npushl $1f\np0: iret\n1: pushf\npopl %ebx\nret\n"},
	{name: "iret that sets TF", text: "main: pushl $0x302\npushl %cs\npushl $1f\np0: iret\n1: nop\nnop\nret\n"},
	{name: "lahf and sahf", text: "main: stc\np0: lahf\np1: sahf\nret\n"},
	{name: "a stepped int", text: "main: movl $999,%eax\np0: int $0x80\nnop\nnop\nret\n"},
	{name: "into without overflow", text: "main: p0: into\nnop\nret\n"},
	{name: "into with overflow", text: "main: movl $0x7fffffff,%eax\nincl %eax\np0: into\nnop\nret\n"},
}

var nested = []situation{
	{name: "a hit in the pre-handler", text: "main: p0: " + add + "ret\npre0: p1: nop\nret\n"},
	{name: "a hit in the post-handler", text: "main: p0: " + add + "ret\npost0: p1: nop\nret\n"},
	{name: "a hit in the fault handler", text: "main: p0: movl LAZY,%eax\nret\nfault0: p1: xorl %eax,%eax\nret\n"},
	{name: "a hit in a handler is missed the second time", text: "main: call 1f\n1: p0: " + add + "ret\npre0: p1: nop\nret\npre1: hlt\n"},
	{name: "two hits in one handler", text: "main: p0: " + add + "ret\npre0: p1: nop\np2: nop\nret\n"},
	{name: "a lost probe is unregistered and comes back", text: "main: p0: " + add + "kernel UNREGISTER, PROBE1\nkernel REGISTER, PROBE1\ncall p1\nret\npre0: p1: nop\nret\n"},
	{name: "the pre-handler runs the probed instruction", text: "main: p0: " + add + "ret\npre0: jmp p0\n"},
	{name: "the post-handler runs the probed instruction", text: "main: p0: " + add + "ret\npost0: jmp p0\n"},
	{name: "hits in both handlers", text: "main: p0: " + add + "ret\npre0: p1: nop\nret\npost0: p2: nop\nret\n"},
	{name: "a probe on a handler that is called plainly too", text: "main: call pre0\np0: " + add + "call pre0\nret\npre0: p1: nop\nret\n"},
	{name: "a probe on the entry of the handler of another and its own", text: "main: p0: " + add + "p1: " + add + "ret\npre0: pre1: p2: nop\nret\n"},
	{name: "pushf in a handler", text: "main: p0: " + add + "ret\npre0: p1: pushf\npopl %eax\nret\n"},
}

var faults = []situation{
	{name: "a fault in the step, no handler", text: "main: p0: movl LAZY,%eax\nret\n"},
	{name: "a fault in the step, interrupts off", text: "main: cli\np0: movl LAZY,%eax\npushf\npopl %ebx\nret\n"},
	{name: "a fault in the step, the handler declines", text: "main: p0: movl LAZY,%eax\nret\nfault0: xorl %eax,%eax\nret\n"},
	{name: "a fault in the step, the handler mends it", text: `
main:	movl $ABSENT,%esi
p0:	movl (%esi),%eax
	ret
fault0:	movl 8(%esp),%ecx
	movl $DATA,R_ESI(%ecx)
	movl $1,%eax
	ret`},
	{name: "a fault in the step, the handler skips it", text: `
main:	movl $ABSENT,%esi
p0:	movl (%esi),%eax
	incl %ebx
	ret
fault0:	movl 8(%esp),%ecx
	addl $2,R_EIP(%ecx)
	movl $1,%eax
	ret`},
	{name: "a fault in the step, mended by nobody", text: "main: p0: movl ABSENT,%eax\nret\n"},
	{name: "a fault in the step for ever", text: "main: p0: movl ABSENT,%eax\nret\nfault0: movl $1,%eax\nret\n"},
	{name: "a division by zero in the step", text: "main: p0: divl %ecx\nret\nfault0: xorl %eax,%eax\nret\n"},
	{name: "a division by zero, mended", text: "main: p0: divl %ecx\nret\nfault0: movl 8(%esp),%ecx\nmovl $1,R_ECX(%ecx)\nmovl $1,%eax\nret\n"},
	{name: "an undefined opcode in the step", text: "main: p0: ud2\nret\n"},
	{name: "a general protection fault in the step", text: "main: movl $0x7f,%eax\np0: movl %eax,%es\nret\nfault0: xorl %eax,%eax\nret\n"},
	{name: "a general protection fault, skipped", text: "main: movl $0x7f,%eax\np0: movl %eax,%es\nret\nfault0: movl 8(%esp),%ecx\naddl $2,R_EIP(%ecx)\nmovl $1,%eax\nret\n"},
	{name: "device not available in the step, skipped", text: `
main:	movl %cr0,%eax
	orl $10,%eax
	movl %eax,%cr0
p0:	wait
	ret
fault0:	movl 8(%esp),%ecx
	incl R_EIP(%ecx)
	movl $1,%eax
	ret`},
	{name: "bounds in the step", text: "main: movl $1,%eax\np0: boundl %eax,DATA\nret\n"},
	{name: "a null stack segment in the step", text: "main: p0: lssl DATA,%esp\nret\n"},
	{name: "a fault in the pre-handler", text: "main: p0: " + add + "ret\npre0: movl LAZY,%eax\nret\n"},
	{name: "a fault in the pre-handler, for good", text: "main: p0: " + add + "ret\npre0: movl ABSENT,%eax\nret\n"},
	{name: "a fault in the pre-handler, mended", text: `
main:	p0: addl $2,%eax
	ret
pre0:	pushl %esi
	movl $ABSENT,%esi
	movl (%esi),%eax
	popl %esi
	ret
fault0:	movl 8(%esp),%ecx
	movl $DATA,R_ESI(%ecx)
	movl $1,%eax
	ret`},
	{name: "a fault in the pre-handler, declined", text: "main: p0: " + add + "ret\npre0: movl LAZY,%eax\nret\nfault0: xorl %eax,%eax\nret\n"},
	{name: "a fault in the post-handler", text: "main: p0: " + add + "ret\npost0: movl LAZY,%eax\nret\n"},
	{name: "a fault in the post-handler, and a hit after it", text: "main: p0: " + add + "p1: " + add + "ret\npost0: movl LAZY,%eax\nret\n"},
	{name: "a fault in the post-handler, mended", text: `
main:	p0: addl $2,%eax
	ret
post0:	pushl %esi
	movl $ABSENT,%esi
	movl (%esi),%eax
	popl %esi
	ret
fault0:	movl 8(%esp),%ecx
	movl $DATA,R_ESI(%ecx)
	movl $1,%eax
	ret`},
	{name: "a fault in the post-handler, for good", text: "main: p0: " + add + "ret\npost0: movl ABSENT,%eax\nret\n"},
	{name: "a fault in the fault handler", text: `
main:	p0: movl LAZY,%eax
	ret
fault0:	cmpl $0,DATA
	jne 1f
	incl DATA
	movl LAZY2,%eax
1:	xorl %eax,%eax
	ret`},
	{name: "two demand pages in one step", text: "main: movl $LAZY,%esi\nmovl $LAZY2,%edi\np0: movsl\nret\n"},
}

var handlersWork = []situation{
	{name: "an interrupt during the step's fault", during: map[x86.Vector]x86.Vector{14: 0x20}, text: "main: p0: movl LAZY,%eax\nret\n"},
	{name: "no pre-handler", text: "main: p0: " + add + "ret\n", noPre: true},
	{name: "no pre-handler, and the fault handler goes on elsewhere", noPre: true, text: `
main:	p0: addl $2,%eax
	ret
fault0:	movl 8(%esp),%ecx
	movl $1f,R_EIP(%ecx)
	movl $1,%eax
	ret
1:	ret`},
	{name: "a pre-handler changes eax", text: "main: p0: " + add + "ret\npre0: movl 8(%esp),%ecx\nmovl $40,R_EAX(%ecx)\nret\n"},
	{name: "a pre-handler changes eip", text: "main: p0: " + add + "ret\npre0: movl 8(%esp),%ecx\nincl R_EIP(%ecx)\nret\n"},
	{name: "a pre-handler sets TF and clears IF", text: "main: p0: " + add + "nop\nret\npre0: movl 8(%esp),%ecx\nxorl $0x300,R_EFLAGS(%ecx)\nret\n"},
	{name: "a pre-handler turns interrupts on", raise: map[string]x86.Vector{"p0": 0x20}, text: "main: p0: " + add + "ret\npre0: sti\nnop\nret\n"},
	{name: "a pre-handler steps itself", text: "main: p0: " + add + "ret\npre0: pushl $0x102\npopf\nnop\nret\n"},
	{name: "a post-handler changes eax and eip", text: "main: p0: " + add + "nop\nincl %ebx\nret\npost0: movl 8(%esp),%ecx\nmovl $40,R_EAX(%ecx)\nincl R_EIP(%ecx)\nret\n"},
	{name: "a post-handler sets TF", text: "main: p0: " + add + "nop\nnop\nret\npost0: movl 8(%esp),%ecx\norl $0x100,R_EFLAGS(%ecx)\nret\n"},
	{name: "a post-handler changes the opcode", text: "main: pushl $0x55\np0: " + add + "popl %ebx\nret\npost0: movl 4(%esp),%ecx\nmovb $0x9c,24(%ecx)\nret\n"},
	{name: "a pre-handler changes the opcode", text: "main: p0: movl $3,%eax\nret\npre0: movl 4(%esp),%ecx\nmovb $0xbb,24(%ecx)\nret\n"},
	{name: "a pre-handler registers a probe", text: "main: p0: " + add + "ret\ns1: nop\npre0: kernel REGISTER, PROBE1\nret\n"},
	{name: "a post-handler unregisters its probe", text: "main: p0: " + add + "ret\npost0: kernel UNREGISTER, PROBE0\nret\n"},
	{name: "all three handlers count", text: `
main:	p0: movl LAZY,%eax
p1:	addl $2,%eax
	ret
pre0:	COUNT 0
	ret
post0:	COUNT 1
	ret
fault0:	COUNT 2
	xorl %eax,%eax
	ret
pre1:	COUNT 3
	ret
post1:	COUNT 4
	ret`},
}

var foreign = []situation{
	{name: "nobody's int3 in the kernel", text: "main: int3\nret\n"},
	{name: "cd 03 in the kernel", text: "main: .byte 0xcd,3\nincl %eax\nret\n"},
	{name: "nobody's int3, with another probe there", text: "main: p0: " + add + "int3\nret\n"},
	{name: "nobody's int3 in a handler, taken by the fault handler", text: "main: p0: " + add + "ret\npre0: int3\nret\nfault0: movl $1,%eax\nret\n"},
	{name: "nobody's int3 in a handler, declined", text: "main: p0: " + add + "ret\npre0: int3\nret\nfault0: xorl %eax,%eax\nret\n"},
	{name: "nobody's int3 in a post-handler", text: "main: p0: " + add + "ret\npost0: int3\nret\n"},
	{name: "cd 03 in a handler", text: "main: p0: " + add + "ret\npre0: .byte 0xcd,3\nret\nfault0: movl $1,%eax\nret\n"},
	{name: "an interrupt while nobody's int3 is handled", during: map[x86.Vector]x86.Vector{3: 0x20}, text: "main: int3\nret\n"},
	{name: "single steps of nobody's", text: "main: pushl $0x302\npopf\nnop\nnop\nret\n"},
	{name: "int1 in the kernel", text: "main: .byte 0xf1\nnop\nret\n"},
	{name: "int 1 in the kernel", text: "main: int $1\nnop\nret\n"},
	{name: "int1 in a handler ends the step", text: "main: p0: " + add + "ret\npre0: .byte 0xf1\nnop\nret\n"},
	{name: "a debug register of nobody's", text: "main: movl $1f,%eax\nmovl %eax,%db0\nmovl $2,%eax\nmovl %eax,%db7\n1: nop\nret\n"},
}

var registering = append([]situation{
	{name: "register", text: "main: kernel REGISTER, PROBE0\ncall s0\nret\ns0: incl %ebx\nret\n"},
	{name: "register twice", text: "main: kernel REGISTER, PROBE0\np0: nop\nret\n"},
	{name: "register a second one at the address", text: "main: kernel REGISTER, PROBE1\np0: s1: nop\nret\n"},
	{name: "unregister", text: "main: kernel UNREGISTER, PROBE0\np0: nop\nret\n"},
	{name: "unregister and register", text: "main: kernel UNREGISTER, PROBE0\nkernel REGISTER, PROBE0\np0: nop\nret\n"},
	{name: "register the other one after unregistering", text: "main: kernel UNREGISTER, PROBE0\nkernel REGISTER, PROBE1\np0: s1: nop\nret\n"},
	{name: "unregister the one that was refused", text: "main: kernel REGISTER, PROBE1\nkernel UNREGISTER, PROBE1\np0: s1: nop\nret\n"},
	{name: "register with interrupts off", text: "main: cli\nkernel REGISTER, PROBE0\npushf\npopl %ebx\ns0: nop\nret\n"},
	{name: "unregister with interrupts off", text: "main: cli\nkernel UNREGISTER, PROBE0\npushf\npopl %ebx\np0: nop\nret\n"},
	{name: "register where a reschedule is asked for", raise: map[string]x86.Vector{"main": 0xfc}, text: "main: cli\nkernel REGISTER, PROBE0\ns0: nop\nret\n"},
	{name: "register, and an interrupt waits", raise: map[string]x86.Vector{"call": 0x20}, text: "main: cli\ncall: kernel REGISTER, PROBE0\ns0: nop\nret\n"},
	{name: "unregister after the byte was changed", text: "main: movb $0x40,p0\nkernel UNREGISTER, PROBE0\np0: nop\nret\n"},
	{name: "the opcode of a registered probe is changed", text: "main: movl PROBE0,%eax\nmovb $0x40,24(%eax)\nkernel UNREGISTER, PROBE0\np0: nop\nret\n"},
	{name: "unregister one that never was registered", text: "main: kernel UNREGISTER, PROBE0\nret\ns0: nop\n"},
	{name: "unregister twice", text: "main: kernel UNREGISTER, PROBE0\nkernel UNREGISTER, PROBE0\np0: nop\nret\n"},
	{name: "register where no memory is", text: "main: movl PROBE0,%eax\nmovl $ABSENT,8(%eax)\nkernel REGISTER, PROBE0\nret\ns0: nop\n"},
	{name: "register in the middle of an instruction", text: "main: kernel REGISTER, PROBE0\nmovl $1,%eax\n.set s0, .-2\nret\n"},
}, collisions()...)

var rings = []situation{
	{name: "a hit in ring 3", text: ".data\nuser: p0: " + add + "EXIT\n"},
	{name: "pushf in ring 3", text: ".data\nuser: p0: pushf\nmovl %esp,%ebx\nEXIT\n"},
	{name: "popf in ring 3", text: ".data\nuser: pushl $2\np0: popf\nEXIT\n"},
	{name: "cli in ring 3", text: ".data\nuser: p0: cli\nEXIT\n"},
	{name: "ring 3 steps itself over a probe, traced", task: traps.Task{Ptraced: true}, text: ".data\nuser: pushf\norl $0x100,(%esp)\npopf\np0: nop\nnop\nEXIT\n"},
	{name: "ring 3 steps itself over a probe", text: ".data\nuser: pushf\norl $0x100,(%esp)\npopf\np0: nop\nnop\nEXIT\n"},
	{name: "ring 3 clears TF under a probe", task: traps.Task{Ptraced: true}, text: ".data\nuser: pushf\norl $0x100,(%esp)\npopf\npushl $2\np0: popf\nnop\nEXIT\n"},
	{name: "ring 3 steps itself, its tracer has gone", task: traps.Task{DTrace: true}, text: ".data\nuser: pushf\norl $0x100,(%esp)\npopf\np0: nop\nnop\nEXIT\n"},
	{name: "ring 3's own int3", text: ".data\nuser: int3\nEXIT\n"},
	{name: "ring 3's own int3, traced", task: traps.Task{Ptraced: true}, text: ".data\nuser: int3\nEXIT\n"},
	{name: "an interrupt while ring 3's own int3 is handled", task: traps.Task{Ptraced: true}, during: map[x86.Vector]x86.Vector{3: 0x20}, text: ".data\nuser: int3\nEXIT\n"},
	{name: "an interrupt while a hit in ring 3 is handled", during: map[x86.Vector]x86.Vector{3: 0x20}, text: ".data\nuser: p0: nop\nEXIT\n"},
	{name: "an interrupt while ring 3's step over a probe is handled", task: traps.Task{Ptraced: true}, during: map[x86.Vector]x86.Vector{1: 0x20},
		text: ".data\nuser: pushf\norl $0x100,(%esp)\npopf\np0: nop\nnop\nEXIT\n"},
	{name: "ring 3's own int3 restarts a system call", task: traps.Task{Ptraced: true}, text: ".data\nuser: nop\nnop\nmovl $-512,%eax\nint3\n1: EXIT\n"},
	{name: "ring 3's own cd 03", text: ".data\nuser: .byte 0xcd,3\nEXIT\n"},
	{name: "ring 3's int 1", task: traps.Task{Ptraced: true}, text: ".data\nuser: int $1\nEXIT\n"},
	{name: "a system call stepped in ring 3", text: ".data\nuser: movl $999,%eax\np0: int $0x80\nnop\nEXIT\n"},
	{name: "a fault in the step in ring 3", text: ".data\nuser: p0: movl USER_LAZY,%eax\nEXIT\n"},
	{name: "a fault in the step in ring 3, for good", text: ".data\nuser: p0: movl ABSENT,%eax\nEXIT\n"},
	{name: "popf that faults in ring 3", text: ".data\nuser: movl $USER_LAZY,%esp\np0: popf\nEXIT\n"},
	{name: "a fault in the step in ring 3, skipped", text: ".data\nuser: p0: movl ABSENT,%eax\nEXIT\n.text\nfault0: movl 8(%esp),%ecx\naddl $5,R_EIP(%ecx)\nmovl $1,%eax\nret\n"},
	{name: "iret to ring 3 under a probe", text: "main: pushl $USER_DS\npushl $USER_STACK-64\npushl $0x202\npushl $USER_CS\npushl $ring3\np0: iret\n.data\nring3: nop\nEXIT\n"},
	{name: "a probe in the kernel and one in ring 3", text: "main: p0: pushl $USER_DS\npushl $USER_STACK-64\npushl $0x202\npushl $USER_CS\npushl $ring3\niret\n.data\nring3: p1: nop\nEXIT\n"},
	{name: "hlt in ring 3 under a probe", text: ".data\nuser: p0: hlt\nEXIT\n"},
	{name: "push of a segment register in ring 3", text: ".data\nuser: p0: pushl %cs\npopl %ebx\nEXIT\n"},
	{name: "a reschedule before ring 3's hit", raise: map[string]x86.Vector{"user": 0xfc}, text: ".data\nuser: nop\np0: nop\nEXIT\n"},
}

// onText are probes on the kernel's own functions.
var onText = []situation{
	{name: "a probe on register_kprobe", on: "register_kprobe", text: "main: kernel REGISTER, PROBE1\ncall s1\nret\np0: s1: nop\nret\n"},
	{name: "a probe on what register_kprobe calls", on: "get_kprobe", text: "main: kernel REGISTER, PROBE1\np0: s1: nop\nret\n"},
	{name: "a probe on do_int3", on: "do_int3", text: "main: int3\nret\np0: nop\n"},
	{name: "a probe on the int3 stub", on: "int3", text: "main: int3\nret\np0: nop\n"},
	{name: "a probe on do_debug", on: "do_debug", text: "main: p1: nop\nnop\nret\np0: nop\n"},
	{name: "a probe on the system call's stub", on: "system_call", text: "main: movl $999,%eax\nint $0x80\nmovl $0,%edx\nret\np0: nop\n"},
	{name: "a probe on do_page_fault", on: "do_page_fault", text: "main: movl LAZY,%eax\nret\np0: nop\n"},
	{name: "a probe on do_page_fault, and a fault in a step", on: "do_page_fault", text: "main: p1: movl LAZY,%eax\nret\np0: nop\n"},
}

// collisions are probes whose addresses share a bucket of the hash table.
func collisions() []situation {
	offsets := []int{64}
	bucket := func(off int) uint32 { return uint32(programAt+off) * 0x9e370001 >> 26 }
	for off := 72; len(offsets) < 3; off += 8 {
		if bucket(off) == bucket(offsets[0]) {
			offsets = append(offsets, off)
		}
	}
	code := func(main string) string {
		return fmt.Sprintf(".org %d\np0: incl %%eax\nret\n.org %d\np1: incl %%eax\nret\n.org %d\np2: incl %%eax\nret\n"+
			"main: %s\ncall p0\ncall p1\ncall p2\nret\n", offsets[0], offsets[1], offsets[2], main)
	}
	list := []situation{{name: "three probes in one bucket", text: code("nop")}}
	for i := range 3 {
		list = append(list,
			situation{name: fmt.Sprintf("number %d of three in a bucket leaves", i), text: code(fmt.Sprintf("kernel UNREGISTER, PROBE%d", i))},
			situation{name: fmt.Sprintf("number %d of three in a bucket leaves and comes back", i),
				text: code(fmt.Sprintf("kernel UNREGISTER, PROBE%d\nkernel REGISTER, PROBE%d", i, i))})
	}
	return append(list, situation{name: "all of three in a bucket leave", text: code("kernel UNREGISTER, PROBE1\nkernel UNREGISTER, PROBE0\nkernel UNREGISTER, PROBE2")})
}
