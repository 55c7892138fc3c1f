/*
 * What the kvm-unit-tests expect of their own library beyond descriptors,
 * formatting and reports: output to a buffer, one CPU, memory that is there
 * from the beginning, and a local APIC whose timer the test rig plays.
 */
#include "libcflat.h"
#include "desc.h"
#include "processor.h"
#include "smp.h"
#include "vm.h"
#include "alloc.h"

char console[1 << 16];
unsigned int console_used;
volatile unsigned int timer_armed;
volatile int exit_status = -1;
char **environ;

extern struct descriptor_table_ptr gdt_descr;

void puts(const char *s)
{
	while (*s && console_used < sizeof console)
		console[console_used++] = *s++;
}

void exit(int code)
{
	exit_status = code;
	for (;;)
		asm volatile("cli; hlt");
}

void abort(void) { exit(127); }
void dump_stack(void) { puts("stack dump\n"); }
void dump_frame_stack(const void *instruction, const void *frame) { }

void eoi(void) { }

void apic_write(u32 reg, u32 val)
{
	if (reg == APIC_TMICT)
		timer_armed = 1;
}

static char pool[64][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned int pool_used;

static void *pages(int n)
{
	void *p = pool[pool_used];

	pool_used += n;
	if (pool_used > ARRAY_SIZE(pool))
		abort();
	return p;
}

void *malloc(size_t size) { return pages(1); }
void setup_vm(void) { }
void *alloc_pages_flags(unsigned int order, unsigned int flags) { return pages(1 << order); }
void *alloc_vpages(ulong n) { return pages(n); }
pteval_t *install_page(pgd_t *cr3, phys_addr_t phys, void *virt) { return NULL; }

/* The page tables are the rig's: INT 81h makes the page at page_virt present or absent. */
void *volatile page_virt;
volatile unsigned int page_present;
static pteval_t page_entry = PT_PRESENT_MASK;

pteval_t *install_pte(pgd_t *cr3, int level, void *virt, pteval_t pte, pteval_t *table)
{
	page_virt = virt;
	page_present = pte & PT_PRESENT_MASK;
	asm volatile("int $0x81" : : : "memory");
	return &page_entry;
}

struct pte_search find_pte_level(pgd_t *cr3, void *virt, int level)
{
	return (struct pte_search){ .level = level, .pte = &page_entry };
}

void *vmap(phys_addr_t phys, size_t size) { return pages((size + PAGE_SIZE - 1) / PAGE_SIZE); }

int main(int argc, char **argv);

void start(void)
{
	extern char stack_top;

	lgdt(&gdt_descr);
#ifdef __x86_64__
	asm volatile("pushq %0; lea 1f(%%rip), %%rax; pushq %%rax; lretq; 1:" : : "i"(KERNEL_CS) : "rax");
#else
	asm volatile("ljmp %0, $1f; 1:" : : "i"(KERNEL_CS));
#endif
	write_ds(KERNEL_DS);
	write_es(KERNEL_DS);
	write_ss(KERNEL_DS);
	set_gdt_entry(TSS_MAIN, (unsigned long)&tss[0], sizeof(tss[0]) - 1, 0x89, 0);
#ifdef __x86_64__
	tss[0].rsp0 = (unsigned long)&stack_top - 8192;
#else
	tss[0].esp0 = (unsigned long)&stack_top - 8192;
	tss[0].ss0 = KERNEL_DS;
#endif
	tss[0].iomap_base = sizeof(tss[0]);
	ltr(TSS_MAIN);
	setup_idt();
	exit(main(0, NULL));
}
