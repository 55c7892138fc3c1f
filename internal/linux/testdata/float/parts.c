// Parts of numbers: remainders, exponents, fractions, fused and scaled, of each precision.
#include <math.h>
#include <stdio.h>

int main(void)
{
	static const double v[] = {0.1, -7.25, 1e-310, 123456.789, -1e20, 3e300, 5.5};
	for (int i = 0; i < 7; i++)
		for (int j = 0; j < 7; j++) {
			volatile double x = v[i], y = v[j];
			volatile float fx = x, fy = y;
			volatile long double lx = x, ly = y;
			int q, e;
			double whole, fraction = modf(x, &whole);
			printf("%a %a %a ", fmod(x, y), remainder(x, y), remquo(x, y, &q));
			printf("%d %a %a %a ", q & 7, fma(x, y, 0.125), ldexp(x, (int)(j * 30) - 90), frexp(y, &e));
			printf("%d %d %a %a %a %a ", e, ilogb(x), logb(x), fraction, whole, hypot(fx, fy));
			if (fy != 0)
				printf("%a %a ", fmodf(fx, fy), remainderf(fx, fy));
			printf("%La %La %La %La\n", fmodl(lx, ly), remainderl(lx, ly), fmal(lx, ly, 3), scalbnl(lx, j));
		}
	return 0;
}
