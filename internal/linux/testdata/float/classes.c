// Classes of numbers, comparisons with NaNs, neighbours, signs, payloads.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	static const double v[] = {0.0, -0.0, 1, -1, 4.9e-324, 2.2250738585072014e-308, 1.7976931348623157e308, INFINITY, -INFINITY};
	double all[11];
	memcpy(all, v, sizeof v);
	uint64_t quiet = 0x7ff8000000000123, negative = 0xfff8000000000456;
	memcpy(all + 9, &quiet, 8), memcpy(all + 10, &negative, 8);
	for (int i = 0; i < 11; i++) {
		volatile double d = all[i];
		volatile float f = d;
		volatile long double l = d;
		printf("%d %d %d %d%d%d ", fpclassify(d), fpclassify(f), fpclassify(l), !!signbit(d), !!signbit(f), !!signbit(l));
		printf("%a %a %a %a ", nextafter(d, 2), nextafter(d, -2), nextafterf(f, 9), copysign(3, d));
		for (int j = 0; j < 11; j++) {
			volatile double e = all[j];
			volatile float g = e;
			printf("%d", (d < e) | (d <= e) << 1 | (d == e) << 2 | (d != e) << 3 | !!isunordered(d, e) << 4 | !!isgreater(f, g) << 5);
		}
		double sum = d + 1, max = fmax(d, 1), min = fmin(d, -1), dim = fdim(d, 0.5);
		memcpy(&quiet, &sum, 8);
		printf(" %llx %g %g %g\n", (unsigned long long)quiet, max, min, dim);
	}
	return 0;
}
