// Long doubles printed and read back: 64 bits of significand.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	uint64_t x = 0x9e3779b97f4a7c15ull;
	for (int i = 0; i < 150; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		long double v = 0, back;
		uint64_t m = x | 1ull << 63;
		uint16_t e = 16383 - 40 + i / 2 + (i % 30 == 0) * 2000 - (i % 31 == 0) * 3000;
		memcpy(&v, &m, 8);
		memcpy((char *)&v + 8, &e, 2);
		char s[64];
		snprintf(s, sizeof s, "%.21Lg", i & 1 ? -v : v);
		back = strtold(s, 0);
		printf("%s %La %.3Le %s\n", s, v, v * v, back == (i & 1 ? -v : v) ? "same" : "other");
	}
	return 0;
}
