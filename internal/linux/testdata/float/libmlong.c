// The C library's mathematics in long doubles.
#include <math.h>
#include <stdio.h>

int main(void)
{
	for (int i = 1; i < 32; i++) {
		volatile long double x = i * 0.43L - 6.1L, y = i * 0.31L;
		printf("%.17Lg %.17Lg %.17Lg %.17Lg %.17Lg ", sinl(x * 30), cosl(x), tanl(x), asinl(x / 8), acosl(x / 8));
		printf("%.17Lg %.17Lg %.17Lg %.17Lg %.17Lg ", atanl(x), atan2l(x, y), expl(x), exp2l(x), expm1l(x));
		printf("%.17Lg %.17Lg %.17Lg %.17Lg %.17Lg ", logl(y), log2l(y), log10l(y), log1pl(y), powl(y, x));
		printf("%.17Lg %.17Lg %.17Lg %.17Lg %.17Lg ", sinhl(x), coshl(x), tanhl(x), asinhl(x), cbrtl(x));
		printf("%.20Lg %.17Lg %.17Lg %.17Lg\n", sqrtl(y), erfl(x), lgammal(y), hypotl(x, y));
	}
	return 0;
}
