// Local descriptor tables: what modify_ldt takes, gives back and refuses, code and
// data segments of 16 and 32 bits, signals in them, forks, threads, and what
// system calls return to.
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static int ldt(int func, void *p, unsigned long n) {
	int r = syscall(SYS_modify_ldt, func, p, n);
	return r < -1 ? r : r == -1 ? -errno : r;
}

static void show(int sel) {
	unsigned limit = 0, rights = 0;
	int ok;
	asm("lsl %2, %0; setz %b1" : "+r"(limit), "=q"(ok) : "r"(sel));
	printf("  %x:", sel);
	if ((ok & 255) == 0) { printf(" none\n"); return; }
	asm("lar %1, %0" : "+r"(rights) : "r"(sel));
	printf(" limit %x rights %x\n", limit, rights & 0xf0ff00);
}

static void set(int func, unsigned entry, unsigned base, unsigned limit, unsigned flags) {
	unsigned d[4] = {entry, base, limit, flags};
	printf("set %x %x %x %x %x: %d\n", func, entry, base, limit, flags, ldt(func, d, sizeof d));
	if (entry < 8192) show(entry << 3 | 7);
}

static volatile sig_atomic_t step;

// A handler puts the flat segments back, and tells what the program had.
static void handler(int sig, siginfo_t *i, void *p) {
	ucontext_t *u = p;
	greg_t *g = u->uc_mcontext.gregs;
#ifdef __x86_64__
	unsigned cs = g[REG_CSGSFS] & 0xffff, ss = (unsigned long)g[REG_CSGSFS] >> 48;
	unsigned strict = u->uc_flags & 4;
	int ip = REG_RIP, sp = REG_RSP;
#else
	unsigned cs = g[REG_CS], ss = g[REG_SS], strict = 0;
	int ip = REG_EIP, sp = REG_ESP;
#endif
	unsigned now;
	asm("mov %%ss, %0" : "=r"(now));
	printf("signal %d code %d trap %d err %x cs %x ss %x strict %u handler's ss %x\n", sig, i->si_code, (int)g[REG_TRAPNO], (int)g[REG_ERR], cs, ss, strict, now);
	if (step > 9) _exit(9);
	if (step++ == 0 && sig == SIGTRAP) printf("  ip %lx sp %lx\n", (long)(unsigned)g[ip] & 0xfff, (long)(unsigned)g[sp] & 0xf);
}

static void catch(int sig) {
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigaction(sig, &a, 0);
}

// far calls code of another segment, which comes back by a far return.
static unsigned far(unsigned sel, unsigned off, unsigned in) {
	struct { unsigned off; unsigned short sel; } __attribute__((packed)) to = {off, sel};
	unsigned out;
#ifdef __x86_64__
	asm volatile("mov %%rsp, %%r12; mov $0x208000, %%esp; lcall *(%1); mov %%r12, %%rsp" : "=a"(out) : "D"(&to), "a"(in) : "memory", "r12", "cc");
#else
	asm volatile("lcall *(%1)" : "=a"(out) : "D"(&to), "a"(in) : "memory", "cc");
#endif
	return out;
}

static void *other(void *page) {
	show(0x87);
	unsigned v = 0, old;
#ifdef __i386__
	asm volatile("mov %%es, %1; mov %2, %%es; mov %%es:0, %0; mov %1, %%es" : "=&r"(v), "=&r"(old) : "r"(0x87));
#endif
	printf("another thread reads %x\n", v);
	return 0;
}

int main(int argc, char **argv) {
	setvbuf(stdout, 0, _IONBF, 0);
	if (argc > 1) { show(7); return 3; }
	static char alt[65536];
	stack_t st = {.ss_sp = alt, .ss_size = sizeof alt};
	sigaltstack(&st, 0);
	catch(SIGSEGV); catch(SIGBUS); catch(SIGUSR1); catch(SIGTRAP);
	unsigned char b[256];
	memset(b, 0xee, sizeof b);
	printf("empty: %d %x\n", ldt(0, b, sizeof b), b[0]);
	printf("default: %d %x %x\n", ldt(2, b, 16), b[15], b[16]);
	printf("wrong: %d %d %d %d %d\n", ldt(3, b, 16), ldt(1, b, 15), ldt(0x11, (void *)8, 16), ldt(1, b, 0), ldt(-1, 0, 0));
	for (int func = 1; func < 0x12; func += 0x10)
		for (unsigned f = 0; f < 256; f += 3 + f % 5) set(func, f % 3, f % 7 ? f << 8 : 0, f % 4 ? f * 77 : 0, f);
	set(0x11, 8192, 0, 0, 0);
	set(0x11, -1, 0, 0, 0);
	int n = ldt(0, b, sizeof b);
	printf("read %d:", n);
	for (int i = 0; i < 32; i++) printf(" %02x", b[i]);
	printf("\nread less: %d, at a bad address %d\n", ldt(0, b, 5), ldt(0, (void *)8, 16));

	unsigned char *page = mmap((void *)0x200000, 65536, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	// add eax, 0x01010101; lret, in code of 32 bits; the same bytes are add ax, 0101h; add [bx+di], ax... in 16
	unsigned char code32[] = {0x05, 1, 1, 1, 1, 0xcb}, code16[] = {0x05, 1, 1, 0x66, 0xcb}, trap16[] = {0xcc, 0x66, 0xcb}, gp16[] = {0x8e, 0xd8, 0x66, 0xcb};
	memcpy(page + 0x100, code32, sizeof code32);
	memcpy(page + 0x200, code16, sizeof code16);
	memcpy(page + 0x300, trap16, sizeof trap16);
	memcpy(page + 0x400, gp16, sizeof gp16);
	*(unsigned *)(page + 0x1000) = 0x12345678;
	set(0x11, 16, 0x201000, 0xfff, 0x51);
	set(0x11, 17, 0x200000, 0xffff, 0x45);
	set(0x11, 18, 0x200000, 0xffff, 0x44);
	set(0x11, 19, 0, 0xfffff, 0x51);
	set(0x11, 20, 0x200000, 0xffff, 0x40);
	printf("code of 32 bits %x, of 16 bits %x\n", far(0x8f, 0x100, 5), far(0x97, 0x200, 0x7fff0));
	far(0x97, 0x300, 1);
	step = 0;

	pthread_t th;
	pthread_create(&th, 0, other, page);
	pthread_join(th, 0);
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		show(0x87);
		set(0x11, 16, 0, 0, 0x28);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	printf("child %x\n", status);
	show(0x87);
	pid = fork();
	if (pid == 0) { execl("/proc/self/exe", "again", "x", NULL); _exit(1); }
	waitpid(pid, &status, 0);
	printf("child %x\n", status);

	// a stack segment of the table, a signal in it, and a system call in it
	unsigned old, now, after;
	asm volatile("mov %%ss, %0; mov %1, %%ss" : "=&r"(old) : "r"(0x9f));
	asm volatile("mov %%ss, %0" : "=r"(now));
	raise(SIGUSR1);
	asm volatile("mov %%ss, %0" : "=r"(after));
	printf("ss %x, after a call %x\n", now, after);
	asm volatile("mov %0, %%ss" :: "r"(0x9f));
	asm volatile("int $0x80" : "=a"(n) : "a"(20) : "memory"
#ifdef __x86_64__
	, "r8", "r9", "r10", "r11"
#endif
	);
	asm volatile("mov %%ss, %0" : "=r"(after));
	printf("ss after int 80h %x\n", after);
	asm volatile("mov %0, %%ss; int3" :: "r"(0x9f));
	asm volatile("mov %%ss, %0; mov %1, %%ss" : "=&r"(after) : "r"(old));
	printf("ss after a trap %x\n", after);

	// an entry that goes while ES uses it, which no string instruction may see
	unsigned es, gone[4] = {16, 0, 0, 0x28};
	asm volatile("mov %%es, %1; mov %2, %%es; mov %%es, %0" : "=&r"(now), "=&r"(es) : "r"(0x87));
	n = ldt(0x11, gone, sizeof gone);
	asm volatile("mov %%es, %0; mov %1, %%es" : "=&r"(after) : "r"(es));
	printf("es was %x, is %x: %d\n", now, after, n);
	set(0x11, 3000, 0x1000, 5, 0x51);
	printf("all of it %d\n", ldt(0, page, 65536));
	return 0;
}
