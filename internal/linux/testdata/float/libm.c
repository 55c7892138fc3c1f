// The C library's mathematics, which has code of its own for FMA and AVX2, and numbers printed and read back.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	double sum = 0;
	for (int i = 1; i < 60; i++) {
		double x = i / 7.0;
		sum += sin(x) + cos(x * 3) + exp(-x) + log(x) + pow(x, 1.3) + atan2(x, 2) + tan(x) + cbrt(x) + fmod(x * 100, x + 1);
		float f = sinf(x) + expf(-x) + logf(x) + powf(x, 0.7f);
		char text[64];
		snprintf(text, sizeof text, "%.15e %a %.6g", x / 3, x, f);
		sum += strtod(text, 0);
		if (i % 20 == 0)
			puts(text);
	}
	printf("%.17g %.17g %.17g %ld %ld\n", sum, nearbyint(sum), trunc(-sum), lrint(sum), lround(-2.5));
	return 0;
}
