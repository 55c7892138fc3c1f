	.bss
	.balign 16
	.globl idt_table
idt_table:
	.zero 256*16
	.globl gdt_table
gdt_table:
	.zero 64*8
	.globl init_tss
	.balign 128
init_tss:
	.zero 8*128
	.globl jiffies
jiffies:
	.zero 8
