// Numbers below the normal ones: gradual underflow in each precision, and its flags.
#include <fenv.h>
#include <float.h>
#include <stdio.h>

int main(void)
{
	volatile double d = DBL_MIN, third = 3, e;
	volatile float f = FLT_MIN, g;
	volatile long double l = LDBL_MIN, m;
	for (int i = 0; i < 60; i++) {
		feclearexcept(FE_ALL_EXCEPT);
		e = d / third, g = f / 3.0f, m = l / third;
		int a = fetestexcept(FE_UNDERFLOW | FE_INEXACT);
		d = d / 2 + e / 5, f = f / 2 + g / 5, l = l / 2 + m / 5;
		printf("%a %a %La %x %a %a\n", d, f, l, a, d - e, d * 1e300);
	}
	for (int i = 0; i < 20; i++)
		d = d * 8 + DBL_TRUE_MIN, f = f * 4 + FLT_TRUE_MIN;
	printf("%a %a %a\n", d, f, (float)d);
	return 0;
}
