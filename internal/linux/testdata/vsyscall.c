// The vDSO of i386 as a C library uses it: found by AT_SYSINFO and in its ELF
// tables, called with six arguments, interrupted and started again. With an
// argument: SYSENTER where the program stands.
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static long entry;
static int woken;

static long call6(long n, long a, long b, long c, long d, long e, long f)
{
	long r;
	long v[] = {n, a, b, c, d, e, f, entry};
	__asm__ volatile("push %%ebx\n push %%ebp\n push 28(%%eax)\n mov 4(%%eax), %%ebx\n mov 8(%%eax), %%ecx\n mov 12(%%eax), %%edx\n"
		"mov 16(%%eax), %%esi\n mov 20(%%eax), %%edi\n mov 24(%%eax), %%ebp\n mov (%%eax), %%eax\n call *(%%esp)\n"
		"add $4, %%esp\n pop %%ebp\n pop %%ebx" : "=a"(r) : "a"(v) : "ecx", "edx", "esi", "edi", "memory", "cc");
	return r;
}

static unsigned long symbol(const char *name)
{
	unsigned long base = getauxval(AT_SYSINFO_EHDR), load = 0;
	Elf32_Ehdr *h = (void *)base;
	Elf32_Phdr *p = (void *)(base + h->e_phoff);
	Elf32_Dyn *d = 0;
	for (int i = 0; i < h->e_phnum; i++) {
		if (p[i].p_type == PT_LOAD) load = base - p[i].p_vaddr;
		if (p[i].p_type == PT_DYNAMIC) d = (void *)(base + p[i].p_offset);
	}
	Elf32_Sym *symbols = 0;
	const char *text = 0;
	Elf32_Word *hash = 0;
	for (; d->d_tag; d++) {
		if (d->d_tag == DT_SYMTAB) symbols = (void *)(load + d->d_un.d_ptr);
		if (d->d_tag == DT_STRTAB) text = (void *)(load + d->d_un.d_ptr);
		if (d->d_tag == DT_HASH) hash = (void *)(load + d->d_un.d_ptr);
	}
	if (!hash) return 1;
	for (unsigned i = 1; i < hash[1]; i++)
		if (!strcmp(text + symbols[i].st_name, name) && ELF32_ST_TYPE(symbols[i].st_info) == STT_FUNC) return load + symbols[i].st_value;
	return 0;
}

static void wake(int n) { woken = n; }

static void plain(int n)
{
	struct sigaction s;
	memset(&s, 0, sizeof s);
	(void)n;
	sigaction(SIGUSR2, 0, &s);
	printf("handler without a restorer\n");
}

int main(int argc, char **argv)
{
	int fds[2];
	char b[8] = "";
	setvbuf(stdout, 0, _IOLBF, 0);
	entry = getauxval(AT_SYSINFO);
	if (argc > 1) {
		long r;
		// what __kernel_vsyscall does, from elsewhere
		__asm__ volatile("push $1f\n push %%ecx\n push %%edx\n push %%ebp\n mov %%esp, %%ebp\n sysenter\n ud2\n1:" : "=a"(r) : "a"(SYS_getpid) : "memory", "cc");
		printf("%d\n", r == getpid());
		// no stack to take the sixth argument from
		__asm__ volatile("push %%ebp\n mov %%esp, %%esi\n mov $16, %%ebp\n sysenter" : "=a"(r) : "a"(SYS_getpid) : "memory", "cc", "esi");
		return 1;
	}
	printf("%d %d\n", entry != 0, symbol("__kernel_vsyscall") == (unsigned long)entry);
	printf("%d %d\n", symbol("__kernel_sigreturn") > 1, symbol("__kernel_rt_sigreturn") > 1);
	printf("%d\n", call6(SYS_getpid, 0, 0, 0, 0, 0, 0) == getpid());
	char *p = (char *)call6(SYS_mmap2, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p[8191] = 1;
	printf("%d\n", p[8191]);
	printf("%ld %d\n", call6(SYS_read, 99, 0, 0, 0, 0, 0), EBADF);
	pipe(fds);
	struct sigaction s;
	memset(&s, 0, sizeof s);
	s.sa_handler = wake;
	s.sa_flags = SA_RESTART;
	sigaction(SIGCHLD, &s, 0);
	if (!fork()) {
		if (!fork()) { usleep(20000); write(fds[1], "hello", 5); _exit(0); }
		_exit(0); // the signal comes while the parent reads
	}
	printf("%ld", call6(SYS_read, fds[0], (long)b, 5, 0, 0, 0));
	printf(" %s %d\n", b, woken == SIGCHLD);
	// sigaction without SA_RESTORER: the kernel gives the vDSO's way back
	struct { void *handler; unsigned long flags; void *restorer; unsigned mask[2]; } k = {plain, 0, 0, {0, 0}};
	call6(SYS_rt_sigaction, SIGUSR2, (long)&k, 0, 8, 0, 0);
	raise(SIGUSR2);
	k.flags = SA_SIGINFO;
	call6(SYS_rt_sigaction, SIGUSR2, (long)&k, 0, 8, 0, 0);
	raise(SIGUSR2);
	return 5;
}
