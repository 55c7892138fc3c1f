// Prints what the instructions that store system registers give a program.
#include <signal.h>
#include <stdio.h>
#include <string.h>

typedef unsigned long word;

// Register forms keep what the operand does not cover.
#define REG(text) do { word v = (word)0xa1a2a3a4a5a6a7a8ull; \
	__asm__ volatile(text : "+r"(v)); printf("%-12s %lx\n", text, v); } while (0)
#define MEM(text) do { unsigned char b[16]; memset(b, 0x5a, sizeof b); \
	__asm__ volatile(text : "+m"(b)); printf("%-12s", text); \
	for (unsigned i = 0; i < sizeof b; i++) printf(" %02x", b[i]); printf("\n"); } while (0)

static void caught(int sig, siginfo_t *i, void *u)
{
	(void)u;
	printf("signal %d code %d address %lx\n", sig, i->si_code, (word)i->si_addr);
	fflush(stdout);
	_Exit(7);
}

int main(void)
{
	struct sigaction a = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	sigaction(SIGSEGV, &a, 0);
	REG("smsw %w0");
	REG("smsw %k0");
	REG("sldt %w0");
	REG("sldt %k0");
#ifdef __x86_64__ // a 32-bit kernel has another task selector
	REG("smsw %q0");
	REG("sldt %q0");
	REG("str %w0");
	REG("str %k0");
	REG("str %q0");
	MEM("str %0");
	word r12 = 1;
	__asm__ volatile("mov %1, %%r12; smsw %%r12d; mov %%r12, %0" : "=r"(r12) : "r"((word)-1) : "r12");
	printf("r12 %lx\n", r12);
#endif
	MEM("smsw %0");
	MEM("sldt %0");
	MEM("sgdt %0");
	MEM("sidt %0");
	fflush(stdout);
	__asm__ volatile("sidt (%0)" : : "r"((word)16) : "memory");
}
