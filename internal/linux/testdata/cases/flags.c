// The exception flags that SSE and x87 raise.
#include <fenv.h>
#include <float.h>
#include <stdio.h>

static void show(const char *what)
{
	int e = fetestexcept(FE_ALL_EXCEPT);
	printf("%-14s inexact %d div0 %d overflow %d underflow %d invalid %d\n", what, !!(e & FE_INEXACT), !!(e & FE_DIVBYZERO), !!(e & FE_OVERFLOW),
	       !!(e & FE_UNDERFLOW), !!(e & FE_INVALID));
	feclearexcept(FE_ALL_EXCEPT);
}

int main(void)
{
	volatile double one = 1, zero = 0, three = 3, most = DBL_MAX, least = DBL_MIN, r;
	volatile float f = 1, fz = 0;
	volatile long double l = 1, lz = 0, lt = 3;
	volatile int i;
	feclearexcept(FE_ALL_EXCEPT);
	r = one / three, show("double 1/3");
	r = one / zero, show("double 1/0");
	r = most * most, show("double overflow");
	r = least * least, show("double underflow");
	r = zero / zero, show("double 0/0");
	f = f / fz, show("float 1/0");
	r = 1e300, i = (int)r, show("double to int");
	l = 1 / lt, show("long double 1/3");
	l = 1 / lz, show("long double 1/0");
	l = lz / lz, show("long double 0/0");
	i = one < zero / zero, show("compared NaN");
	return i;
}
