// Signal frames hold XSAVE's state: magic words, the registers' upper halves, and what a handler changes comes back.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <immintrin.h>

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	uint8_t *fp = (uint8_t *)uc->uc_mcontext.fpregs;
	uint32_t *sw = (uint32_t *)(fp + 464);
	uint64_t features, bv, upper[2], low[2];
	uint32_t size = sw[4], magic2;
	memcpy(&features, fp + 464 + 8, 8);
	memcpy(&bv, fp + 512, 8);
	memcpy(&magic2, fp + size, 4);
	memcpy(upper, fp + 576 + 16 * 5, 16);
	memcpy(low, fp + 160 + 16 * 5, 16);
	printf("signal %d flags %lx magic %x %x extended %d features %lx bv %lx aligned %d\n", sig, (unsigned long)uc->uc_flags & 1,
	       sw[0], magic2, sw[1] - size, (unsigned long)features & 7, (unsigned long)bv & 7, (int)((uintptr_t)fp & 63));
	printf("ymm5 %lx %lx %lx %lx mxcsr %x\n", (unsigned long)low[0], (unsigned long)low[1], (unsigned long)upper[0], (unsigned long)upper[1],
	       *(uint32_t *)(fp + 24));
	upper[1] = 0x1234;
	if (sig == SIGUSR1)
		memcpy(fp + 576 + 16 * 5, upper, 16);
	if (sig == SIGUSR2) { // the upper halves count as not in use
		bv &= ~4ul;
		memcpy(fp + 512, &bv, 8);
	}
	if (sig == SIGHUP) // FXSAVE's area only
		sw[0] = 0;
	__asm__ volatile("vzeroall" ::: "memory");
}

static void try(int sig)
{
	static const uint64_t start[4] = {1, 2, 3, 4};
	uint64_t after[4];
	long tid = 0, r;
	__asm__ volatile("mov $186, %%eax; syscall" : "=a"(tid) :: "rcx", "r11");
	__asm__ volatile("vmovdqu %2, %%ymm5; mov $200, %%eax; syscall; vmovdqu %%ymm5, %1"
			 : "=&a"(r), "=m"(after) : "m"(start), "D"(tid), "S"((long)sig) : "rcx", "r11", "xmm5", "memory");
	printf("after %d: %lx %lx %lx %lx\n", sig, (unsigned long)after[0], (unsigned long)after[1], (unsigned long)after[2], (unsigned long)after[3]);
}

int main(void)
{
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &sa, 0);
	sigaction(SIGUSR2, &sa, 0);
	sigaction(SIGHUP, &sa, 0);
	sigaction(SIGINT, &sa, 0);
	try(SIGINT);
	try(SIGUSR1);
	try(SIGUSR2);
	try(SIGHUP);
	return 0;
}
