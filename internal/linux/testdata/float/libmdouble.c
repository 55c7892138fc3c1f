// The C library's mathematics in doubles, the rarer functions too.
#include <math.h>
#include <stdio.h>

int main(void)
{
	for (int i = 1; i < 32; i++) {
		volatile double x = i * 0.43 - 6.1, y = i * 0.31;
		printf("%.15g %.15g %.15g %.15g %.15g ", sin(x * 1e5), cos(x * 1e9), tan(x * 40), asin(x / 8), acos(x / 8));
		printf("%.15g %.15g %.15g %.15g %.15g ", atan(x), atan2(x, y), exp(x * 9), exp2(x), expm1(x));
		printf("%.15g %.15g %.15g %.15g %.15g ", log(y), log2(y), log10(y), log1p(y), pow(y, x));
		printf("%.15g %.15g %.15g %.15g %.15g ", sinh(x), cosh(x), tanh(x), asinh(x), acosh(y + 1));
		printf("%.15g %.15g %.15g %.15g %.15g ", atanh(x / 9), cbrt(x), erf(x), erfc(y), tgamma(y));
		printf("%.15g %.15g %.15g %.15g %.15g\n", lgamma(y), j0(y), j1(y), y0(y), jn(3, y));
	}
	return 0;
}
