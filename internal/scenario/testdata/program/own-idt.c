/* A kernel's corner of one's own: two tasks in ring 0, one IDT, a lost update.
 *
 *	gcc -m64 -O1 -ffreestanding -fno-pic -fcf-protection=none -mno-red-zone -mgeneral-regs-only -nostdlib -static -o own-idt.elf own-idt.c
 */
struct gate { unsigned short low, selector, attributes, middle; unsigned high, zero; };

struct gate idt[256];
struct { unsigned short limit; unsigned long base; } __attribute__((packed)) idtr = { sizeof(idt) - 1, 0 };

volatile int breakpoints, counter;

struct frame;

__attribute__((interrupt)) void my_int3(struct frame *frame)
{
	__asm__ volatile("lock incl %0" : "+m"(breakpoints));
}

static void set_gate(int vector, void (*handler)(struct frame *))
{
	unsigned long at = (unsigned long)handler;
	unsigned short selector;

	__asm__("mov %%cs,%0" : "=r"(selector));
	idt[vector] = (struct gate){ at, selector, 0x8e00, at >> 16, at >> 32, 0 };
}

void count(void)
{
	int n = counter;

	counter = n + 1;
}

/* Takes traps by itself from here on: the modelled kernel's int3 is not asked. */
void with_own_idt(void)
{
	set_gate(3, my_int3);
	idtr.base = (unsigned long)idt;
	__asm__ volatile("lidt %0" : : "m"(idtr));
	__asm__ volatile("int3");
	count();
}

void with_the_kernels(void)
{
	count();
}
