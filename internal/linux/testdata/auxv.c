// The auxiliary vector, an entry a line: its number and its value, or the string there.
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

extern char **environ;

static unsigned state = 512; // bytes that a signal frame has of the floating-point state, with the magic word behind it

static void handler(int n, siginfo_t *info, void *context) {
	unsigned *words = (unsigned *)((char *)((ucontext_t *)context)->uc_mcontext.fpregs + (sizeof(long) == 4 ? 112 : 0) + 464);
	if (words[0] == 0x46505853)
		state = words[4] + 4;
}

int main(void) {
	char **e = environ;
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigaction(SIGUSR1, &act, NULL);
	raise(SIGUSR1);
	while (*e)
		e++;
	ElfW(auxv_t) *a = (void *)(e + 1);
	do {
		unsigned long v = a->a_un.a_val;
		if (a->a_type == AT_EXECFN || a->a_type == AT_PLATFORM)
			printf("%lu %s\n", (unsigned long)a->a_type, (char *)v);
		else if (a->a_type == AT_MINSIGSTKSZ) // sizeof(struct sigframe_ia32) of a 64-bit kernel, FSAVE's area, the state, paddings of 15 and 63, to a multiple of 16
			printf("%lu %s\n", (unsigned long)a->a_type, v == (736 + 112 + state + 15 + 63 + 15) / 16 * 16 ? "as the frame needs" : "other");
		else
			printf("%lu %#lx\n", (unsigned long)a->a_type, v);
	} while (a++->a_type);
	return 0;
}
