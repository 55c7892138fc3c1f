// An unmasked exception is SIGFPE with its code: of SSE, or with an argument of x87.
#define _GNU_SOURCE
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void handler(int sig, siginfo_t *info, void *context)
{
	printf("signal %d code %d\n", sig, info->si_code);
	exit(3);
}

int main(int argc, char **argv)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	volatile double zero = 0, one = 1, r;
	volatile long double lz = 0, l = 1;
	sigaction(SIGFPE, &a, 0);
	feenableexcept(FE_DIVBYZERO | FE_INVALID);
	if (argc > 1) {
		l = argv[1][0] == 'z' ? lz / lz : l / lz;
		l = l + 1;
	} else {
		r = one / zero;
	}
	printf("no signal\n");
	return 0;
}
