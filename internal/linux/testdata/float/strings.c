// String functions, which the C library chooses by CPUID.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	static char b[5000], c[5000];
	unsigned long h = 7;
	for (int n = 0; n < 300; n += 7) {
		memset(b + n % 31, 'a' + n % 26, n);
		b[n % 31 + n] = 0;
		memcpy(c + n % 17, b + n % 31, n + 1);
		memmove(c + n % 17 + 3, c + n % 17, n + 1);
		h = h * 33 + strlen(c + n % 17) + (unsigned char)memcmp(b, c, 100);
		char *p = strchr(c, 'a' + n % 26), *q = memchr(c, 'q', sizeof c), *r = strrchr(c, 'a');
		h = h * 33 + (p ? p - c : -1) + (q ? q - c : -1) + (r ? r - c : -1);
		h = h * 33 + (strstr(b, "zz") ? 1 : 2) + strspn(b, "abc") + strcspn(b, "xyz") + (strcmp(b, c) > 0) + strnlen(b, 200);
	}
	printf("%lx\n", h);
	return 0;
}
