/* tracewidth PROGRAM traces tracewidth.S, of either width, and prints every answer of ptrace(2) about its registers, byte
   by byte. Registers that differ from run to run are not in use there. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pid;
static int wide; /* the tracee is of 64 bits */
static unsigned char b[8192];

/* ask is the call itself: the C library's wrapper changes PEEK requests. */
static long ask(long request, unsigned long addr, unsigned long data) {
	long r = syscall(SYS_ptrace, request, pid, addr, data);
	return r < 0 ? -errno : r;
}

static void show(const char *what, long r, const void *p, unsigned n) {
	const unsigned char *q = p;
	printf("%s: %ld", what, r);
	for (unsigned i = 0; r >= 0 && i < n; i++)
		printf("%s%02x", i % 8 ? "" : " ", q[i]);
	putchar('\n');
}

/* same drops what processors differ in: the bits of MXCSR that there are. */
static void same(unsigned char *fxsave) { memset(fxsave + 28, 0, 4); }

static void set(const char *what, long request) {
	memset(b, 0x5a, sizeof b);
	long r = ask(request, 0, (unsigned long)b);
	unsigned n = sizeof b;
	while (n > 0 && b[n - 1] == 0x5a)
		n--;
	if (n == 512)
		same(b);
	show(what, r, b, n);
}

/* regset prints a set for several lengths. */
static void regset(const char *name, unsigned long kind, unsigned most) {
	unsigned lengths[] = {0, 1, 4, 8, 12, 16, 48, 68, 108, 216, 217, 512, 4096};
	for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct iovec v = {b, lengths[i]};
		memset(b, 0x5a, sizeof b);
		long r = ask(PTRACE_GETREGSET, kind, (unsigned long)&v);
		if (kind == 0x46e62b7f || kind == 2 && wide)
			same(b);
		printf("%s of %u: length %lu, ", name, lengths[i], r < 0 ? 0 : (unsigned long)v.iov_len);
		show("result", r, b, most && v.iov_len > most ? most : v.iov_len);
	}
}

static void user(const char *when) {
	printf("user, %s\n", when);
	for (unsigned long at = 0; at < 960; at += sizeof(long)) {
		unsigned long v = 0;
		long r = ask(PTRACE_PEEKUSER, at, (unsigned long)&v);
		if (r != 0 || v != 0)
			printf(" %lu: %ld %lx\n", at, r, v);
	}
	long v = 0;
	printf(" odd: %ld %ld\n", ask(PTRACE_PEEKUSER, 2, (unsigned long)&v), ask(PTRACE_POKEUSER, 2, 0));
}

static void wait_for(const char *what) {
	int status = 0;
	siginfo_t info;
	unsigned char call[128] = {0};
	waitpid(pid, &status, 0);
	printf("%s: status %x\n", what, status);
	if (!WIFSTOPPED(status))
		return;
	long r = ask(PTRACE_GETSIGINFO, 0, (unsigned long)&info);
	printf(" signal %d, code %x: %ld\n", info.si_signo, info.si_code, r);
	r = ask(PTRACE_GET_SYSCALL_INFO, sizeof call, (unsigned long)call);
	if (call[0] == 2 && *(long long *)(call + 24) == pid)
		*(long long *)(call + 24) = 1;
	show(" call", r > 64 ? 64 : r, call, r > 64 ? 64 : r);
}

static void poke(unsigned long at, unsigned long v) {
	unsigned long now = 0, before = 0;
	ask(PTRACE_PEEKUSER, at, (unsigned long)&before);
	long r = ask(PTRACE_POKEUSER, at, v);
	ask(PTRACE_PEEKUSER, at, (unsigned long)&now);
	printf(" poke %lu %lx: %ld, is %lx", at, v, r, now);
	printf(", back %ld\n", ask(PTRACE_POKEUSER, at, before));
}

int main(int argc, char **argv) {
	int small = sizeof(long) == 4;
	wide = argc > 2;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	waitpid(pid, 0, 0);
	printf("cont %ld\n", ask(PTRACE_CONT, 0, 0));
	wait_for("breakpoint");

	user("at the breakpoint");
	set("getregs", PTRACE_GETREGS);
	set("getfpregs", PTRACE_GETFPREGS);
	set("getfpxregs", PTRACE_GETFPXREGS);
	regset("prstatus", 1, 0);
	regset("prfpreg", 2, 0);
	regset("prxfpreg", 0x46e62b7f, 0);
	regset("tls", 0x200, 0);
	regset("ioperm", 0x201, 0);
	regset("unknown", 77, 0);
	for (int entry = 5; entry < 17; entry++) {
		memset(b, 0, 64);
		show("get_thread_area", ask(PTRACE_GET_THREAD_AREA, entry, (unsigned long)b), b, 16);
	}
	printf("get_thread_area -1: %ld\n", ask(PTRACE_GET_THREAD_AREA, -1, (unsigned long)b));
	unsigned area[4] = {12, 0x12345, 0xfffff, 0x51};
	printf("set_thread_area: %ld", ask(26, 12, (unsigned long)area));
	area[0] = 6;
	printf(" %ld", ask(26, 6, (unsigned long)area));
	area[0] = 99;
	printf(" %ld\n", ask(26, 99, (unsigned long)area));
	memset(b, 0, 64);
	show("get_thread_area 12", ask(PTRACE_GET_THREAD_AREA, 12, (unsigned long)b), b, 16);

	int codes[] = {0x1001, 0x1002, 0x1003, 0x1004, 0x1234};
	unsigned long values[] = {0x1000, 0x123456, 0xffffd000ul, 0xffffefffu, ~0ul};
	for (unsigned i = 0; i < 5; i++)
		for (unsigned j = 0; j < 5; j++) {
			unsigned long to = codes[i] < 0x1003 ? values[j] : (unsigned long)b;
			memset(b, 0, 8);
			long r = ask(30, to, codes[i]);
			show("arch_prctl", r, b, 8);
		}
	user("with bases");
	printf("arch_prctl 0: %ld %ld\n", ask(30, 0, 0x1001), ask(30, 0, 0x1002));

	/* every word of struct user, with values that may go and values that may not */
	unsigned long most = small ? 300 : 936;
	for (unsigned long at = 0; at < most; at += sizeof(long)) {
		unsigned long debug = small ? 252 : 848, cs = small ? 52 : 136;
		if (at == debug + 7 * sizeof(long) || at == cs || at == (small ? 64ul : 160ul))
			continue;
		poke(at, 0x1234);
		poke(at, ~0ul);
		poke(at, 0x2b);
	}
	unsigned long debug = small ? 252 : 848;
	printf("breakpoint: %ld %ld\n", ask(PTRACE_POKEUSER, debug, 0x8000), ask(PTRACE_POKEUSER, debug + 7 * sizeof(long), 0x1));
	printf("bad: %ld %ld\n", ask(PTRACE_POKEUSER, debug, small ? 0xffffff00 : 0x7ffffffff000), ask(PTRACE_POKEUSER, debug + 7 * sizeof(long), 0x20001));
	printf("eight: %ld\n", ask(PTRACE_POKEUSER, debug + 7 * sizeof(long), 0x90001));
	printf("none: %ld\n", ask(PTRACE_POKEUSER, debug + 7 * sizeof(long), 0));
	user("poked");

	/* whole sets there and back */
	memset(b, 0, sizeof b);
	ask(PTRACE_GETREGS, 0, (unsigned long)b);
	unsigned at = small ? 1 * 4 : 11 * 8; /* rcx, ecx */
	memset(b + at, 0xab, sizeof(long));
	printf("setregs %ld\n", ask(PTRACE_SETREGS, 0, (unsigned long)b));
	set("getregs", PTRACE_GETREGS);
	regset("prstatus", 1, 0);
	struct iovec v = {b, wide ? 216 : 68};
	ask(PTRACE_GETREGSET, 1, (unsigned long)&v);
	memset(b + (wide ? 88 : 4), 0xcd, wide ? 8 : 4);
	printf("setregset %ld\n", ask(PTRACE_SETREGSET, 1, (unsigned long)&v));
	v.iov_len = 20;
	printf("setregset of 20: %ld\n", ask(PTRACE_SETREGSET, 1, (unsigned long)&v));
	set("getregs", PTRACE_GETREGS);
	memset(b, 0, sizeof b);
	ask(PTRACE_GETFPREGS, 0, (unsigned long)b);
	b[small ? 28 : 32] = 0x77;
	printf("setfpregs %ld\n", ask(PTRACE_SETFPREGS, 0, (unsigned long)b));
	set("getfpregs", PTRACE_GETFPREGS);
	regset("prfpreg", 2, 0);

	unsigned long long word = 0;
	unsigned long ip = 0;
	ask(PTRACE_PEEKUSER, small ? 48 : 128, (unsigned long)&ip);
	show("peek", ask(PTRACE_PEEKTEXT, ip, (unsigned long)&word), &word, 8);
	printf("poke %ld\n", ask(PTRACE_POKETEXT, ip, (unsigned long)word));
	printf("peek nowhere %ld\n", ask(PTRACE_PEEKTEXT, 0x10, (unsigned long)&word));
	printf("step %ld\n", ask(PTRACE_SINGLESTEP, 0, 0));
	wait_for("stepped");
	unsigned long long mask = 0;
	show("mask", ask(PTRACE_GETSIGMASK, 8, (unsigned long)&mask), &mask, 8);

	for (int i = 0; i < (wide ? 6 : 4); i++) {
		printf("syscall %ld\n", ask(PTRACE_SYSCALL, 0, 0));
		wait_for("call");
		if (i == (wide ? 5 : 3)) /* getpid's result is another in every run */
			ask(PTRACE_POKEUSER, small ? 24 : 80, 1);
		user("at a call");
		regset("prstatus", 1, 0);
	}
	printf("cont %ld\n", ask(PTRACE_CONT, 0, 0));
	wait_for("breakpoint");
	user("at the end");
	unsigned long message = 0;
	printf("options %ld %ld\n", ask(PTRACE_SETOPTIONS, 0, PTRACE_O_TRACEEXIT), ask(PTRACE_SETOPTIONS, 0, 0x80000000));
	printf("cont %ld\n", ask(PTRACE_CONT, 0, 0));
	wait_for("exit");
	printf("message %ld", ask(PTRACE_GETEVENTMSG, 0, (unsigned long)&message));
	printf(" %lx\n", message);
	printf("cont %ld\n", ask(PTRACE_CONT, 0, 0));
	wait_for("end");
	return 0;
}
