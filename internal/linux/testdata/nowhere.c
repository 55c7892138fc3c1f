// Goes to addresses that are not canonical, in each way a program can, and
// prints the frames of the signals: RIP, RSP and RF as the handler sees them.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <ucontext.h>

#define NOWHERE (1ull << 62)
#define RF 0x10000

static uint64_t back, stack;
static const char *what;
static uint64_t words[10];

static void on_signal(int s, siginfo_t *i, void *p)
{
	greg_t *g = ((ucontext_t *)p)->uc_mcontext.gregs;
	if (s == SIGUSR1) {
		g[REG_RIP] = NOWHERE;
		return;
	}
	if ((uint64_t)g[REG_RIP] == NOWHERE)
		printf("%s: at the target,", what);
	else
		printf("%s: at the branch,", what);
	printf(" signal %d code %#x vector %lld error %#llx rsp %+lld RF %d below %#llx\n", s, i->si_code, g[REG_TRAPNO],
	       g[REG_ERR], g[REG_RSP] - (long long)words, !!(g[REG_EFL] & RF), (unsigned long long)words[3]);
	g[REG_RIP] = back;
	g[REG_RSP] = stack;
}

#define GO(name, code) \
	do { \
		what = name; \
		words[3] = 3, words[4] = NOWHERE; /* and what IRETQ pops */ \
		words[5] = 0x33, words[6] = 0x202, words[7] = (uint64_t)words, words[8] = 0x2b; \
		asm volatile("push %%rbx; push %%rbp; mov %%rsp, %0; lea 1f(%%rip), %%rdx; mov %%rdx, %1\n" \
		             "lea 32+%2, %%rsp; mov %3, %%rax\n" code "\n1: pop %%rbp; pop %%rbx" \
		             : "=m"(stack), "=m"(back), "+m"(words) : "i"(NOWHERE) : "rax", "rcx", "rdx", "rsi", "rdi", "r11", "memory", "cc"); \
	} while (0)

int main(void)
{
	static char alt[65536];
	sigaltstack(&(stack_t){.ss_sp = alt, .ss_size = sizeof alt}, NULL);
	struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	GO("jmp", "jmp *%%rax");
	GO("jmp through memory", "jmp *(%%rsp)");
	GO("call", "call *%%rax");
	GO("call through memory", "call *(%%rsp)");
	GO("ret", "ret");
	GO("ret 8", "ret $8");
	GO("iretq", "iretq");
	GO("sigreturn", "mov $39, %%eax; syscall; mov %%eax, %%edi; mov $10, %%esi; mov $62, %%eax; syscall");
	return 0;
}
