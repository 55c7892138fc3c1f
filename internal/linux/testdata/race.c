// Two threads add to a counter, without a lock unless LOCKED is defined. Exit status 1: an addition was lost.
enum { clone = 56, exit = 60, futex = 202, exit_group = 231 };
// CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, PARENT_SETTID, CHILD_CLEARTID
enum { flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x100000 | 0x200000 };

#ifdef LOCKED
#define ADD "lock incl counter(%%rip)\n"
#else
#define ADD "mov counter(%%rip), %%eax\ninc %%eax\nmov %%eax, counter(%%rip)\n"
#endif

volatile int counter;
static volatile int child;
static char stack[256] __attribute__((aligned(16)));

static long call(long n, long a, long b, long c, long d) {
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = 0;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return r;
}

void _start(void) {
	long r;
	register long r10 __asm__("r10") = (long)&child;
	register long r8 __asm__("r8") = 0;
	__asm__ volatile("syscall\n"
	                 "test %%eax, %%eax\n"
	                 "jnz 1f\n"
	                 ADD
	                 "mov $60, %%eax\n"
	                 "syscall\n"
	                 "1:"
	                 : "=a"(r)
	                 : "a"(clone), "D"(flags), "S"(stack + sizeof stack), "d"(&child), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	__asm__ volatile(ADD : : : "eax", "memory");
	for (int id; (id = child) != 0;)
		call(futex, (long)&child, 0, id, 0);
	call(exit_group, counter != 2, 0, 0, 0);
	__builtin_unreachable();
}
