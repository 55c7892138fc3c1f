// Rounding modes, exception flags and SIGFPE with its code, of AVX instructions.
#define _GNU_SOURCE
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

static sigjmp_buf back;
static void handler(int sig, siginfo_t *info, void *context) { siglongjmp(back, info->si_code); }

int main(void)
{
	static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
	volatile double one = 1, three = 3, zero = 0, huge = 1e308, tiny = 1e-308;
	volatile float f = 16777217.0;
	for (int i = 0; i < 4; i++) {
		fesetround(modes[i]);
		volatile float g = one / three;
		printf("%.17g %.17g %.9g %.9g\n", one / three, -one / three, g, f + 1.0f);
	}
	fesetround(FE_TONEAREST);
	struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
	sigaction(SIGFPE, &sa, 0);
	static const int kinds[] = {FE_INVALID, FE_DIVBYZERO, FE_OVERFLOW, FE_UNDERFLOW, FE_INEXACT};
	for (int i = 0; i < 5; i++) {
		feclearexcept(FE_ALL_EXCEPT);
		int code = sigsetjmp(back, 1);
		if (code == 0) {
			feenableexcept(kinds[i]);
			volatile double r = i == 0 ? zero / zero : i == 1 ? one / zero : i == 2 ? huge * huge : i == 3 ? tiny * tiny : one / three;
			printf("no signal %g\n", r);
		}
		fedisableexcept(FE_ALL_EXCEPT);
		printf("kind %d code %d\n", i, code);
	}
	return 0;
}
