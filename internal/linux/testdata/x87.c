/* x87 as programs use it: remainders, transcendental functions, exception flags, and SIGFPE with the
 * state that its frame holds. The output must be the processor's. */
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

extern char divides[], waits[];
static double zero, one = 1;

static void on_fpe(int sig, siginfo_t *info, void *context)
{
	mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
	struct _libc_fpstate *f = m->fpregs;
	unsigned short sw, cw;

	asm volatile("fnstsw %0; fnstcw %1" : "=m"(sw), "=m"(cw));
#ifdef __x86_64__
	printf("signal %d code %d: fcw %x fsw %x fop %x\n", sig, info->si_code, f->cwd, f->swd, f->fop);
	printf("at %ld, of %ld\n", (long)f->rip - (long)divides, (long)f->rdp - (long)&zero);
	f->swd &= 0x7f00;
#else
	printf("signal %d code %d: fcw %lx fsw %lx\n", sig, info->si_code, f->cw, f->sw);
	printf("at %ld, of %ld\n", (long)f->ipoff - (long)divides, (long)f->dataoff - (long)&zero);
	f->sw &= ~0x80fful;
#endif
	printf("address %ld, in the handler fcw %x fsw %x\n", (long)info->si_addr - (long)waits, cw, sw);
}

/* fault unmasks an exception; FWAIT behind the division raises it. */
static void fault(unsigned short cw)
{
	double r;
	unsigned short sw;

	asm volatile("fninit; fldcw %2; fldl %3\n"
		     "	.globl divides, waits\n"
		     "divides: fdivl %4\n"
		     "	nop\n"
		     "waits:	fwait\n"
		     "	fnstsw %1; fstpl %0; fninit"
		     : "=m"(r), "=m"(sw) : "m"(cw), "m"(one), "m"(zero));
	printf("result %g fsw %x\n", r, sw);
}

static void flags(const char *name)
{
	printf("%s: %x\n", name, fetestexcept(FE_ALL_EXCEPT));
	feclearexcept(FE_ALL_EXCEPT);
}

static void exceptions(void)
{
	volatile long double a = 1, z = 0, three = 3, big = 1e4000L, r;

	feclearexcept(FE_ALL_EXCEPT);
	r = a / three, flags("1/3");
	r = a / z, flags("1/0");
	r = z / z, flags("0/0");
	r = big * big, flags("overflow");
	r = 1 / big / big, flags("underflow");
	r = a + a, flags("1+1");
	(void)r;
}

static void functions(void)
{
	for (int i = 1; i < 20; i++) {
		volatile double x = i * 0.37, y = i * 1.7e9;

		printf("%d %a %a %a %a\n", i, log(x), exp(x), pow(x, 2.3), fmod(y, x));
		printf("%a %a %a %a %La\n", sin(x * 100), atan(x), tan(x), log10(x), remainderl(y, x));
	}
	printf("%g %g %.20Lg %La\n", log(-one * 8), fmod(1e300, 3.3), 1.0L / 3, sqrtl(2));
}

static void instructions(void)
{
	long double x = 8.0625L, m = 4.5351L, y, z = 1;

	asm("fprem" : "=t"(y) : "0"(x), "u"(m));
	printf("fprem %.21Lg\n", y);
	asm("fyl2x" : "=t"(y) : "0"(-8.0L), "u"(z) : "st(1)");
	printf("fyl2x %Lg\n", y);
	asm("f2xm1" : "=t"(y) : "0"(0.3L));
	printf("f2xm1 %a\n", (double)y);
	asm("fsin" : "=t"(y) : "0"(1e10L));
	printf("fsin %a\n", (double)y);
	asm("fpatan" : "=t"(y) : "0"(2.0L), "u"(3.0L) : "st(1)");
	printf("fpatan %a\n", (double)y);
}

int main(void)
{
	struct sigaction a;

	memset(&a, 0, sizeof a);
	a.sa_sigaction = on_fpe;
	a.sa_flags = SA_SIGINFO;
	sigaction(SIGFPE, &a, 0);
	fault(0x37f);
	fault(0x37b);
	fault(0x340);
	exceptions();
	functions();
	instructions();
	return 0;
}
