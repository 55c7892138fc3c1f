// Conversions between every two types of numbers, at the edges of both.
#include <stdint.h>
#include <stdio.h>

int main(void)
{
	static const long long ints[] = {0, 1, -1, 16777217, -16777219, 2147483647, -2147483648LL, 4294967295LL, 9007199254740993LL, -9007199254740995LL, 9223372036854775807LL, -9223372036854775807LL - 1, 4611686018427387905LL};
	for (unsigned i = 0; i < sizeof ints / sizeof *ints; i++) {
		volatile long long s = ints[i];
		volatile unsigned long long u = ints[i];
		volatile int s32 = (int)s;
		volatile unsigned u32 = (unsigned)u;
		volatile short s16 = (short)s;
		printf("%a %a %La %a %a %La ", (double)s, (float)s, (long double)s, (double)u, (float)u, (long double)u);
		printf("%a %a %a %a %a\n", (double)s32, (float)s32, (double)u32, (float)u32, (float)s16);
	}
	static const double doubles[] = {0, 0.99999, -0.99999, 1.5, -1.5, 127.9, 255.5, 32767.9, -32768.9, 65535.9, 2147483647.9, -2147483648.9, 4294967295.9, 9e15 + 0.5, 1.8e19, 1e-40, 3.4028235e38, 1e39};
	for (unsigned i = 0; i < sizeof doubles / sizeof *doubles; i++) {
		volatile double d = doubles[i];
		volatile float f = d;
		volatile long double l = d;
		printf("%a %La %a ", f, l, (float)l);
		if (d > -128 && d < 128)
			printf("%d %d ", (signed char)d, (signed char)l);
		if (d > -32769 && d < 32768)
			printf("%d %d ", (short)d, (short)f);
		if (d > -2147483649.0 && d < 2147483648.0)
			printf("%d %d %d ", (int)d, (int)l, (int)(d / 2));
		if (d > -1 && d < 4294967296.0)
			printf("%u %u ", (unsigned)d, (unsigned)l);
		if (d < 9.2e18)
			printf("%lld %lld ", (long long)d, (long long)l);
		if (d > -1 && d < 1.84e19)
			printf("%llu %llu", (unsigned long long)d, (unsigned long long)l);
		puts("");
	}
	return 0;
}
