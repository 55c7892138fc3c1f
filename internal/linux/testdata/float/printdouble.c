// Doubles and floats of every exponent printed and read back.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	uint64_t x = 88172645463325252ull, h = 0;
	for (int i = 0; i < 400; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		double d, back;
		float f;
		memcpy(&d, &x, 8);
		uint32_t low = x >> 7;
		memcpy(&f, &low, 4);
		char s[64], t[400];
		snprintf(s, sizeof s, "%.17g", d);
		snprintf(t, sizeof t, "%.3f %e %a %g", d, f, d, f);
		back = strtod(s, 0);
		if (d == d && memcmp(&d, &back, 8))
			printf("%s is read as %a\n", s, back);
		for (char *p = t; *p; p++)
			h = h * 31 + *p;
		if (i % 57 == 0)
			printf("%s %s\n", s, strlen(t) < 80 ? t : "long");
		f = strtof(s, 0);
		memcpy(&low, &f, 4);
		h = h * 31 + low;
	}
	printf("%llx\n", (unsigned long long)h);
	return 0;
}
